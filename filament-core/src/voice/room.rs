//! Names at the media server: `filament.voice.<guild>.<channel>` for a room, `u.<user>.<guild>.<channel>` for who is in it (§12.2).

use filament_protocol::{
    ChannelId, GuildId, UserId,
    text::{Identity, RoomName},
};

use super::record::VoicePlace;

const ROOM: &str = "filament.voice.";
const USER: &str = "u.";

/// The room of a channel.
///
/// # Panics
/// Never: two ids and a prefix are a room name.
#[must_use]
pub fn room_name(place: VoicePlace) -> RoomName {
    let VoicePlace { guild_id, channel_id } = place;
    RoomName::new(format!("{ROOM}{guild_id}.{channel_id}")).expect("two ids and a prefix are a room name")
}

/// The identity of a user in the room of a channel.
///
/// # Panics
/// Never: three ids and a prefix are an identity.
#[must_use]
pub fn identity(user_id: UserId, place: VoicePlace) -> Identity {
    let VoicePlace { guild_id, channel_id } = place;
    Identity::new(format!("{USER}{user_id}.{guild_id}.{channel_id}")).expect("three ids and a prefix are an identity")
}

/// The channel of a room, `None` for a name that [`room_name`] does not make.
#[must_use]
pub fn parse_room(name: &str) -> Option<VoicePlace> {
    let (guild_id, channel_id) = name.strip_prefix(ROOM)?.split_once('.')?;
    Some(VoicePlace { guild_id: guild_id.parse::<GuildId>().ok()?, channel_id: channel_id.parse::<ChannelId>().ok()? })
}

/// The user and the channel of an identity, `None` for one that [`identity`] does not make.
#[must_use]
pub fn parse_identity(identity: &str) -> Option<(UserId, VoicePlace)> {
    let (user_id, rest) = identity.strip_prefix(USER)?.split_once('.')?;
    let (guild_id, channel_id) = rest.split_once('.')?;
    let place = VoicePlace { guild_id: guild_id.parse().ok()?, channel_id: channel_id.parse().ok()? };
    Some((user_id.parse().ok()?, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the names of §12.2, and that nothing else is read as one (VOI-32).
    #[test]
    fn names_are_read_back_and_others_are_not() {
        let place = VoicePlace { guild_id: GuildId::from_u128(1), channel_id: ChannelId::from_u128(2) };
        let user_id = UserId::from_u128(10);
        let (room, name) = (room_name(place), identity(user_id, place));
        assert_eq!(room.as_str(), "filament.voice.00000000000000000000000001.00000000000000000000000002");
        let expected = "u.0000000000000000000000000A.00000000000000000000000001.00000000000000000000000002";
        assert_eq!(name.as_str(), expected);
        assert_eq!(parse_room(room.as_str()), Some(place));
        assert_eq!(parse_identity(name.as_str()), Some((user_id, place)));
        for broken in
            ["", "filament.voice.", "filament.voice.x.y", "u.", expected, &format!("{room}."), &room.as_str()[1..]]
        {
            assert_eq!(parse_room(broken), None, "{broken}");
        }
        for broken in ["", "u.1.2.3", room.as_str(), &format!("{name}.x"), &name.as_str().to_lowercase()] {
            assert_eq!(parse_identity(broken), None, "{broken}");
        }
    }
}
