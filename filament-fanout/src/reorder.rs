//! `channel_reorder`: rendered for what each receiver sees, sent only to those whose own list changed its order.

use std::collections::HashMap;

use filament_core::{ChannelOrder, Place};
use filament_protocol::{ChannelId, Event, event::ChannelReorder};

use crate::{
    access::views::{ChannelSet, Views},
    clock::Now,
    frame::{Frame, Reach},
    gate::Gate,
    hub::Hub,
    transport::TransportWrite,
};

impl<W: TransportWrite> Hub<W> {
    /// Delivers a new order to the members of the guild. Receivers who see the same channels share one frame.
    pub(crate) fn deliver_order(&mut self, order: &ChannelOrder, place: Place, origin_us: u64, now: Now) -> u64 {
        let Self { registry, access, outbox, .. } = self;
        let guild_id = order.guild_id;
        let Some(graph) = access.graph(guild_id) else { return 0 };
        let gate = Gate::of(access, guild_id, now.wall);
        let mut views = Views::of(graph);
        let mut rendered: HashMap<ChannelSet, Option<Frame>> = HashMap::new();
        let mut taken = 0;
        for user_id in access.members(guild_id) {
            let Some((_, subject)) = access.subject(guild_id, user_id) else { continue };
            let visible = views.visible(subject);
            let frame = rendered.entry(visible).or_insert_with(|| {
                render(order, |channel_id| views.holds(&visible, channel_id)).and_then(|event| {
                    // 200 ids are 6 KB: the event always fits.
                    Frame::rendered(&event, Reach::Guild(guild_id), origin_us, place).ok()
                })
            });
            if let Some(frame) = frame {
                let of_user = registry.registered_of(user_id);
                let let_in = of_user.filter(|registered| gate.is_none_or(|gate| !gate.stops(registered)));
                taken += outbox.put_all(let_in.map(|registered| &registered.handle), frame);
            }
        }
        taken
    }
}

/// The event for those who see what `sees` says, `None` if their list is as it was.
pub(crate) fn render(order: &ChannelOrder, sees: impl Fn(ChannelId) -> bool) -> Option<Event> {
    let seen = |list: &[ChannelId]| -> Vec<ChannelId> {
        list.iter().copied().filter(|channel_id| sees(*channel_id)).collect()
    };
    let channel_ids = seen(&order.after);
    if channel_ids == seen(&order.before) {
        return None;
    }
    let event = ChannelReorder { guild_id: order.guild_id, channel_ids, updated_at_unix: order.updated_at };
    Some(Event::ChannelReorder(event))
}
