//! Notes of the media server, in whatever order and however often they come.

use filament_core::voice::{Note, Sid, Streams, Voice, VoiceConfirm, VoiceInput, VoiceReport};
use filament_protocol::{Permissions, record::StreamKind};
use proptest::{prelude::*, sample::SizeRange};

use super::{grants, moment, place, user};

/// What one session of the participant does after it joined, before it leaves if it does.
#[derive(Clone, Debug)]
struct Session {
    /// A stream and how often it is begun; each is ended but perhaps the last.
    streams: Vec<(StreamKind, u8, bool)>,
    leaves: bool,
}

fn session() -> impl Strategy<Value = Session> {
    let streams = prop::sample::subsequence(StreamKind::ALL.to_vec(), SizeRange::from(0..=3));
    let streams = streams.prop_flat_map(|kinds| {
        let each = kinds.into_iter().map(|kind| (Just(kind), 1..3_u8, any::<bool>()));
        each.collect::<Vec<_>>()
    });
    (streams, any::<bool>()).prop_map(|(streams, leaves)| Session { streams, leaves })
}

fn sid(text: &str) -> Option<Sid> {
    Some(Sid::new(text).expect("a sid"))
}

/// The notes of these sessions, one a second, as they happened; a session that does not leave was replaced by the next.
fn notes(sessions: &[Session]) -> Vec<VoiceReport> {
    let mut reports = Vec::new();
    for (n, session) in sessions.iter().enumerate() {
        let mut say = |note: Note| {
            reports.push(VoiceReport {
                user_id: user(0),
                place: place(0),
                sid: sid(&format!("PA_{n}")),
                noted_at: 1 + reports.len() as u64,
                note,
                rights: Permissions::ALL,
                is_connected: true,
            });
        };
        say(Note::Joined);
        for (kind, times, ends) in &session.streams {
            for time in 0..*times {
                let track = || sid(&format!("TR_{n}_{kind}_{time}"));
                say(Note::Published(*kind, track()));
                if time + 1 < *times || *ends {
                    say(Note::Unpublished(*kind, track()));
                }
            }
        }
        if session.leaves || n + 1 < sessions.len() {
            say(Note::Left);
        }
    }
    reports
}

/// What is left of the participant: its streams, if it is there.
fn outcome(reports: &[VoiceReport]) -> Option<Streams> {
    let mut voice = Voice::new(VoiceConfirm::Webhook);
    let token = VoiceInput::Token { user_id: user(0), place: place(0), grants: grants(15), is_connected: true };
    voice.step(token, moment(0));
    for report in reports {
        voice.step(VoiceInput::Report(report.clone()), moment(1_000));
        voice.check_invariants();
    }
    voice.step(VoiceInput::Tick, moment(31_000));
    voice.record(user(0)).map(|record| record.streams)
}

/// What really was: the streams of the last session that were not ended.
fn truth(sessions: &[Session]) -> Option<Streams> {
    let last = sessions.last().filter(|last| !last.leaves)?;
    Some(last.streams.iter().filter(|(.., ends)| !ends).map(|(kind, ..)| *kind).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Proves VOI-33 and that webhooks heal: reordered and repeated, the notes of any sessions of a participant leave what really
    /// is: no ghost of a session that ended, no stream of a track that ended, nobody missing who is there.
    #[test]
    fn reordered_and_repeated_notes_come_to_what_really_is(
        (sessions, order) in prop::collection::vec(session(), 1..4).prop_flat_map(|sessions| {
            let notes = notes(&sessions);
            let twice: Vec<usize> = (0..notes.len()).chain(0..notes.len()).collect();
            (Just(sessions), Just(twice).prop_shuffle())
        }),
    ) {
        let notes = notes(&sessions);
        prop_assert_eq!(outcome(&notes), truth(&sessions), "in their order");
        let shuffled: Vec<_> = order.iter().map(|at| notes[*at].clone()).collect();
        prop_assert_eq!(outcome(&shuffled), truth(&sessions), "in any order");
    }
}
