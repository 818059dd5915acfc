//! What is stored of voice: who is in which channel, and that tokens were issued.

use filament_protocol::{ChannelKind, ChannelName, Timestamp, UserId};

use super::{Cast, done, done_anonymously, refused};
use crate::{
    AuditAction, Denial, Engine, Journal, Store,
    decide::{
        channel::CreateChannel,
        voice::{IssueVoiceToken, KeepStays},
    },
    read::ListAudit,
    voice::{Sid, VoiceGrants, VoicePlace, VoiceRecord},
};

pub(super) async fn stays_are_kept_until_they_are_gone<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    let name = ChannelName::new("talk").expect("a channel name");
    let create = CreateChannel { guild_id, name, kind: ChannelKind::Voice, overrides: vec![] };
    let channel_id = done(engine, cast.owner, create).await.reply.channel_id;
    let head = engine.store().head().seq;

    let wanted = VoiceGrants::from_bits(0b1111);
    let token = IssueVoiceToken { guild_id, channel_id, wanted };
    let granted = done(engine, cast.member, token).await;
    assert_eq!(granted.reply.grants, VoiceGrants::from_bits(0b1001), "what a member may do there");
    assert_eq!(granted.seq, None, "nothing is heard of it");
    let in_text = IssueVoiceToken { channel_id: cast.channel_id, ..token };
    assert_eq!(refused(engine, cast.member, in_text).await, Denial::Invalid("this is no voice channel"));
    assert_eq!(refused(engine, cast.stranger, token).await, Denial::NotMember);
    let audit = ListAudit { guild_id, before: None, action_prefix: "media.".parse().ok(), limit: 10 };
    let page = engine.read(cast.owner, audit).await.expect("readable");
    let issued: Vec<_> = page.rows.iter().map(|row| (row.action, row.actor_user_id, row.target_user_id)).collect();
    assert_eq!(issued, [(AuditAction::MediaTokenIssue, cast.member.user_id, Some(cast.member.user_id))]);

    let stay = |user_id: UserId, is_muted| VoiceRecord {
        user_id,
        place: VoicePlace { guild_id, channel_id },
        joined_at: Timestamp::new(1_700_000_000).expect("in range"),
        updated_at: Timestamp::new(1_700_000_001).expect("in range"),
        grants: granted.reply.grants,
        is_muted,
        is_deafened: !is_muted,
        streams: granted.reply.grants.sources,
        sid: is_muted.then(|| Sid::new("PA_1").expect("a sid")),
    };
    let (first, second) = (cast.owner.user_id.min(cast.member.user_id), cast.owner.user_id.max(cast.member.user_id));
    let kept = vec![stay(first, true), stay(second, false)];
    done_anonymously(engine, KeepStays { kept: kept.clone(), gone: vec![] }).await;
    assert_eq!(engine.stays().await.expect("readable"), kept);
    let changed = stay(second, true);
    let keep = KeepStays { kept: vec![changed.clone()], gone: vec![first, cast.stranger.user_id] };
    done_anonymously(engine, keep).await;
    assert_eq!(engine.stays().await.expect("readable"), [changed]);
    done_anonymously(engine, KeepStays { kept: vec![], gone: vec![second] }).await;
    assert_eq!(engine.stays().await.expect("readable"), []);
    assert_eq!(engine.store().head().seq, head, "none of it is in the journal");
}
