//! Kicks, bans by user and by address, ownership, the end of a guild, and the audit log of it all.

use std::net::IpAddr;

use filament_protocol::{ErrorCode, EventKind, UserId, Visibility, text};

use super::{Cast, denial, done, done_anonymously, kinds_after, refused};
use crate::{
    AccessSource, Actor, Address, Audience, AuditAction, Denial, Engine, Journal, SealedBody, Store, Surface,
    decide::{
        address::{BanAddresses, NoteAddressHit, ObserveAddress, UnbanAddress},
        guild::{CreateGuild, JoinGuild, LeaveGuild},
        member::AddMember,
        message::CreateMessage,
        moderation::{BanUser, KickMember, UnbanUser},
        ownership::{DeleteGuild, TransferOwnership},
    },
    read::{ListAddressBans, ListAudit, ListBans, ListGuilds, ReadGuild},
};

pub(super) async fn removed_members_are_gone<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let cast = Cast::in_store(engine, "mod").await;
    let (owner, member, stranger, guild_id) = (cast.owner, cast.member, cast.stranger, cast.guild_id);
    let user_id = member.user_id;
    let head = engine.store().head().seq;
    assert!(done(engine, owner, KickMember { guild_id, user_id }).await.narrows);
    assert_eq!(refused(engine, owner, KickMember { guild_id, user_id }).await.code(), ErrorCode::NotFound);
    done(engine, owner, AddMember { guild_id, user_id }).await;
    assert_eq!(done(engine, owner, AddMember { guild_id, user_id }).await.seq, None);
    done(engine, owner, BanUser { guild_id, user_id }).await;
    assert_eq!(done(engine, owner, BanUser { guild_id, user_id }).await.seq, None);
    done(engine, owner, BanUser { guild_id, user_id: stranger.user_id }).await;
    done(engine, owner, UnbanUser { guild_id, user_id: stranger.user_id }).await;
    let told = [
        EventKind::WorkspaceMemberRemove,
        EventKind::WorkspaceUnavailable,
        EventKind::WorkspaceAvailable,
        EventKind::WorkspaceMemberAdd,
        EventKind::WorkspaceRoleAssignmentAdd,
        EventKind::WorkspaceMemberBan,
        EventKind::WorkspaceMemberRemove,
        EventKind::WorkspaceUnavailable,
        EventKind::WorkspaceMemberBan,
        EventKind::WorkspaceMemberUnban,
    ];
    assert_eq!(kinds_after(engine.store(), head).await, told, "§4.12");
    for entry in super::entries(engine.store(), head).await {
        for event in entry.events.iter().filter(|event| event.kind == EventKind::WorkspaceMemberRemove) {
            assert!(matches!(event.body, SealedBody::ByAudit { .. }), "§3: the actor is for readers of the audit log");
            assert_eq!(event.audience, Audience::GuildAnd(guild_id, user_id));
        }
    }
    assert_eq!(refused(engine, member, JoinGuild { guild_id }).await, Denial::JoinBanned);
    assert_eq!(refused(engine, owner, AddMember { guild_id, user_id }).await, Denial::Banned);
    let unknown = UserId::from_u128(404);
    assert_eq!(refused(engine, owner, BanUser { guild_id, user_id: unknown }).await.code(), ErrorCode::NotFound);
    assert_eq!(refused(engine, owner, BanUser { guild_id, user_id: owner.user_id }).await, Denial::Hierarchy("HIE-4"));
    let bans = engine.read(owner, ListBans { guild_id, after: None, limit: 100 }).await.expect("may");
    assert_eq!(bans.bans.iter().map(|ban| ban.user.user_id).collect::<Vec<_>>(), [user_id]);
    done(engine, stranger, JoinGuild { guild_id }).await;
    audit_pages_hold_every_row_once(engine, &cast).await;
}

async fn audit_pages_hold_every_row_once<S: Store>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    let all = ListAudit { guild_id, before: None, action_prefix: None, limit: 100 };
    let whole = engine.read(cast.owner, all.clone()).await.expect("may read it").rows;
    let actions: Vec<_> = whole.iter().rev().map(|row| row.action.name()).collect();
    let expected = [
        "guild.create",
        "directory.join.accepted",
        "channel.create",
        "member.kick",
        "member.add",
        "member.ban",
        "member.ban",
        "member.unban",
        "directory.join.rejected.user_ban",
        "directory.join.accepted",
    ];
    assert_eq!(actions, expected, "AUD-1, AUD-2");
    for (prefix, limit) in [(None, 1), (None, 3), (Some("member."), 1), (Some("member."), 4), (Some("nothing"), 5)] {
        let action_prefix = prefix.map(|prefix| text::AuditAction::new(prefix).expect("a prefix"));
        let (mut walked, mut before, mut more) = (Vec::new(), None, true);
        while more {
            let page = ListAudit { before, action_prefix: action_prefix.clone(), limit, ..all.clone() };
            let page = engine.read(cast.owner, page).await.expect("may read it");
            assert!(!page.more || page.rows.len() == usize::from(limit));
            before = page.rows.last().map(|row| row.audit_id);
            more = page.more;
            walked.extend(page.rows);
        }
        let wanted = |action: AuditAction| prefix.is_none_or(|prefix| action.name().starts_with(prefix));
        let expected: Vec<_> = whole.iter().filter(|row| wanted(row.action)).cloned().collect();
        assert_eq!(walked, expected, "HTTP-15 with {prefix:?} and limit {limit}");
    }
    let denied = engine.read(cast.member, all).await;
    assert!(matches!(denied, Err(crate::TransactError::Denied { denial: Denial::AuditDenied, .. })));
}

pub(super) async fn guilds_change_hands_and_end<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let cast = Cast::in_store(engine, "hand").await;
    let (owner, member, guild_id) = (cast.owner, cast.member, cast.guild_id);
    let transfer = TransferOwnership { guild_id, user_id: member.user_id };
    assert_eq!(refused(engine, member, transfer).await.code(), ErrorCode::Forbidden);
    let head = engine.store().head().seq;
    done(engine, owner, transfer).await;
    let told = [
        EventKind::WorkspaceRoleAssignmentRemove,
        EventKind::WorkspaceRoleAssignmentAdd,
        EventKind::WorkspaceRoleAssignmentAdd,
        EventKind::WorkspaceMemberUpdate,
        EventKind::WorkspaceMemberUpdate,
        EventKind::WorkspaceOwnerUpdate,
    ];
    assert_eq!(kinds_after(engine.store(), head).await, told, "§4.12");
    let details = engine.read(member, ReadGuild { guild_id }).await.expect("a member");
    assert_eq!(details.owner_user_id, member.user_id);
    assert_eq!(refused(engine, member, LeaveGuild { guild_id }).await, Denial::OwnerMustTransfer);
    assert_eq!(refused(engine, owner, DeleteGuild { guild_id }).await.code(), ErrorCode::Forbidden);
    let message = cast.post(engine, member, "goes along").await;
    done(engine, owner, LeaveGuild { guild_id }).await;
    let head = engine.store().head().seq;
    assert!(done(engine, member, DeleteGuild { guild_id }).await.narrows);
    let told = [EventKind::WorkspaceDelete, EventKind::WorkspaceMemberRemove, EventKind::WorkspaceUnavailable];
    assert_eq!(kinds_after(engine.store(), head).await, told, "§4.12");
    let entry = super::entries(engine.store(), head).await.remove(0);
    assert_eq!(
        entry.events.iter().map(|event| event.plain_only).collect::<Vec<_>>(),
        [false, true, false],
        "CMP-6 is for plain connections"
    );
    assert!(engine.read(member, ListGuilds).await.expect("readable").iter().all(|guild| guild.guild_id != guild_id));
    assert_eq!(refused(engine, member, DeleteGuild { guild_id }).await, Denial::NotMember);
    let edit = CreateMessage { ..cast.message("nowhere") };
    assert_eq!(refused(engine, member, edit).await, Denial::NotMember);
    let (_, graph) = engine.store().load_guild(guild_id).await.expect("readable");
    assert!(graph.is_none(), "nothing of it is left, {} neither", message.message_id);
    let name = filament_protocol::GuildName::new("again").expect("a name");
    done(engine, owner, CreateGuild { name, visibility: Visibility::Private }).await;
}

pub(super) async fn addresses_are_banned_and_never_shown<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let cast = Cast::in_store(engine, "addr").await;
    let (owner, member, guild_id) = (cast.owner, cast.member, cast.guild_id);
    let address = |n: u8| Address::from(IpAddr::from([192, 0, 2, n]));
    for n in [1, 1, 2] {
        done_anonymously(engine, ObserveAddress { user_id: member.user_id, address: address(n) }).await;
    }
    let ban =
        |expires_in_secs| BanAddresses { guild_id, target_user_id: member.user_id, reason: None, expires_in_secs };
    let from = |actor: Actor, n| Actor { address: Some(address(n)), ..actor };
    let head = engine.store().head().seq;
    let banned = done(engine, owner, ban(Some(3_600))).await;
    assert_eq!((banned.reply.len(), banned.narrows), (2, true), "IPB-2, IPB-4");
    assert_eq!(done(engine, owner, ban(None)).await.reply, [], "what is banned is not banned again");
    assert_eq!(kinds_after(engine.store(), head).await, [EventKind::WorkspaceIpBanSync]);
    assert_eq!(refused(engine, from(member, 1), cast.message("no")).await, Denial::AddressBanned, "IPB-3");
    done(engine, from(member, 3), cast.message("from elsewhere")).await;
    done(engine, from(owner, 1), cast.message("the owner is exempt")).await;
    let join = engine.execute(from(cast.stranger, 2), JoinGuild { guild_id }).await;
    assert_eq!(denial(join), Denial::JoinAddressBanned);
    let note = NoteAddressHit { guild_id, surface: Surface::Rest };
    for actor in [from(member, 1), from(member, 1), from(member, 3), from(cast.stranger, 1)] {
        done(engine, actor, note).await;
    }
    let list = ListAddressBans { guild_id, before: None, limit: 1 };
    let first = engine.read(owner, list).await.expect("may");
    assert!(first.more && first.bans[0].source_user_id == member.user_id);
    let rest = engine.read(owner, ListAddressBans { before: Some(first.bans[0].ban_id), ..list }).await.expect("may");
    assert!(!rest.more && rest.bans.len() == 1 && rest.bans[0].ban_id < first.bans[0].ban_id);
    let lift = UnbanAddress { guild_id, ban_id: first.bans[0].ban_id };
    done(engine, owner, lift).await;
    assert_eq!(refused(engine, owner, lift).await.code(), ErrorCode::NotFound);
    for n in [1, 2] {
        let posted = engine.execute(from(member, n), cast.message("maybe")).await;
        let lifted = banned.reply.iter().position(|ban_id| *ban_id == lift.ban_id);
        let newest_first = [2, 1]; // addresses seen in one second stand highest first
        let is_free = lifted.map(|place| newest_first[place]) == Some(n);
        assert_eq!(posted.is_ok(), is_free, "address {n}");
    }
    let audit = ListAudit { guild_id, before: None, action_prefix: None, limit: 100 };
    let rows = engine.read(owner, audit).await.expect("may").rows;
    let matches = rows.iter().filter(|row| row.action.is_address_match()).count();
    assert_eq!(matches, 2, "one hit a minute, and the refused join");
    for entry in super::entries(engine.store(), head).await {
        for event in &entry.events {
            let SealedBody::ByAudit { with_actor, .. } = &event.body else { continue };
            assert!(!String::from_utf8_lossy(with_actor).contains("192.0.2."), "IPB-5");
        }
    }
}
