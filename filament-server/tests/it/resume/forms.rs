//! Scenarios of other families once more: on connections with batches and cursors (R), and on streams of Server-Sent Events.
//!
//! What a stream cannot do, which is commands, keeps some of them to R. What is checked of every single frame is in the harness.

/// One row per scenario: a short name, the function, the kinds of connection it runs on.
macro_rules! again {
    ($( $name:ident = $scenario:path, $($form:ident)+; )+) => { $(
        mod $name {
            $( again!(@test $form $scenario); )+
        }
    )+ };
    (@test Resumable $scenario:path) => {
        #[test]
        fn on_r() {
            crate::harness::Form::Resumable.during($scenario);
        }
    };
    (@test Stream $scenario:path) => {
        #[test]
        fn on_sse() {
            crate::harness::Form::Stream.during($scenario);
        }
    };
}

again! {
    s001 = crate::messages::s001_post_edit_delete_reach_every_subscribed_connection_once_and_in_order, Resumable Stream;
    s002 = crate::messages::s002_equal_edit_and_delete_of_an_unknown_message_emit_nothing, Resumable Stream;
    s005 = crate::messages::s005_an_idempotency_key_makes_one_message, Resumable Stream;
    s007 = crate::messages::s007_tokens_beyond_the_limit_are_left_out_and_the_event_fits, Resumable Stream;
    s003 = crate::messages::reactions::s003_a_reaction_is_a_set_element_and_is_told_once, Resumable Stream;
    refused_message_mutations_change = crate::messages::access::refused_message_mutations_change_nothing_and_emit_nothing, Resumable Stream;
    the_owner_edits_and = crate::messages::access::the_owner_edits_and_deletes_what_others_wrote, Resumable Stream;
    s011 = crate::channels::s011_channel_create_reaches_members_without_a_subscription, Resumable Stream;
    s012 = crate::channels::s012_a_channel_born_hidden_is_told_only_to_who_sees_it, Resumable Stream;
    s013 = crate::channels::s013_a_rename_is_told_to_who_sees_the_channel_and_only_if_it_is_one, Resumable Stream;
    s015 = crate::channels::s015_a_reorder_is_rendered_for_each_receiver, Resumable Stream;
    deleting_a_hidden_channel = crate::channels::deleting_a_hidden_channel_is_told_only_to_who_saw_it, Resumable Stream;
    s017 = crate::workspace::s017_a_new_guild_is_told_to_every_connection_of_its_creator, Resumable Stream;
    s018 = crate::workspace::s018_a_guild_patch_tells_exactly_what_changed, Resumable Stream;
    s019 = crate::workspace::s019_a_join_is_told_to_the_joiner_and_to_the_guild, Resumable Stream;
    s025 = crate::workspace::s025_a_connection_older_than_the_membership_gets_every_later_guild_event, Resumable Stream;
    events_of_two_guilds = crate::workspace::events_of_two_guilds_come_in_one_order, Resumable Stream;
    s034 = crate::overrides::s034_a_seeded_override_is_one_row_whichever_endpoint_sets_it, Resumable Stream;
    s035 = crate::overrides::s035_each_kind_of_target_has_its_notice, Resumable Stream;
    s039 = crate::overrides::s039_overrides_of_a_hidden_channel_are_unheard_by_who_never_saw_it, Resumable Stream;
    s045 = crate::moderation::s045_bans_are_told_to_the_guild_and_lifted_for_who_holds_the_right, Resumable Stream;
    s046 = crate::moderation::s046_the_actor_of_a_kick_is_named_to_readers_of_the_audit_log, Resumable Stream;
    s009 = crate::messages::s009_a_connection_sends_without_subscribing, Resumable;
    message_events_of_a = crate::messages::access::message_events_of_a_hidden_channel_reach_only_who_sees_it, Resumable;
    s014 = crate::channels::s014_deleting_a_channel_ends_its_subscriptions_after_the_events, Resumable;
    s021 = crate::workspace::s021_leaving_ends_the_guild_on_every_connection_of_the_leaver, Resumable;
    s036 = crate::overrides::loss::s036_a_denied_member_gets_nothing_after_the_override, Resumable;
    s038 = crate::overrides::loss::s038_a_channel_seen_through_one_role_goes_with_it, Resumable;
    s044 = crate::moderation::s044_a_kick_ends_the_guild_on_every_connection_and_nothing_else, Resumable;
}
