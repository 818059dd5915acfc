//! Search in the in-memory store: no index, every message is read. Written apart from the store that has one, so that the two can be
//! compared; of what diacritics there are it knows those of Latin letters.

use filament_protocol::{MessageId, search::SearchTerm};

use super::state::State;
use crate::{denial::Denial, facts::Facts, query::Page, read::MessageSearch};

impl State {
    pub(super) fn search(&self, search: &MessageSearch, facts: &Facts) -> Result<Page, Denial> {
        let channels = search.channels(facts)?;
        let wanted = search.search();
        let terms: Vec<Term> = wanted.terms.iter().map(Term::of).filter(|term| !term.words.is_empty()).collect();
        let is_found = |(channel_id, message_id): (_, MessageId), content: &str| {
            let words = words(content);
            channels.contains(&channel_id)
                && wanted.before.is_none_or(|before| message_id < before)
                && !terms.is_empty()
                && terms.iter().all(|term| term.is_in(&words))
        };
        let mut found: Vec<_> =
            self.messages.iter().filter(|(key, message)| is_found(**key, message.content.as_str())).collect();
        found.sort_unstable_by_key(|((_, message_id), _)| std::cmp::Reverse(*message_id));
        let more = found.len() > usize::from(wanted.limit);
        found.truncate(wanted.limit.into());
        let viewer = search.actor().user_id;
        let messages =
            found.into_iter().map(|((_, id), message)| (message.clone(), self.reactions_of(*id, viewer))).collect();
        Ok(Page::Messages { messages, more })
    }
}

/// A term as the words it has to find one after the other.
struct Term {
    words: Vec<String>,
    is_prefix: bool,
}

impl Term {
    fn of(term: &SearchTerm) -> Self {
        Self { words: words(term.text()), is_prefix: term.is_prefix() }
    }

    fn is_in(&self, text: &[String]) -> bool {
        let last = self.words.len() - 1;
        let is_same = |(index, (word, wanted)): (usize, (&String, &String))| {
            if self.is_prefix && index == last { word.starts_with(wanted.as_str()) } else { word == wanted }
        };
        text.windows(self.words.len()).any(|here| here.iter().zip(&self.words).enumerate().all(is_same))
    }
}

/// The words of a text: letters and digits in a row, in lower case and without diacritics.
fn words(text: &str) -> Vec<String> {
    let is_mark = |character: char| ('\u{300}'..='\u{331}').contains(&character);
    let plain: String = text.chars().filter(|character| !is_mark(*character)).map(without_diacritic).collect();
    let words = plain.split(|character: char| !character.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn without_diacritic(letter: char) -> char {
    const FAMILIES: [(char, &str); 12] = [
        ('a', "àáâãäåāăąấẤÀÁÂÃÄÅĀĂĄ"),
        ('c', "çćĉċčÇĆĈĊČ"),
        ('e', "èéêëēĕėęěÈÉÊËĒĔĖĘĚ"),
        ('g', "ĝğġģĜĞĠĢ"),
        ('i', "ìíîïĩīĭįÌÍÎÏĨĪĬĮ"),
        ('n', "ñńņňÑŃŅŇ"),
        ('o', "òóôõöōŏőÒÓÔÕÖŌŎŐ"),
        ('r', "ŕŗřŔŖŘ"),
        ('s', "śŝşšŚŜŞŠ"),
        ('u', "ùúûüũūŭůűųÙÚÛÜŨŪŬŮŰŲ"),
        ('y', "ýÿŷÝŶŸ"),
        ('z', "źżžŹŻŽ"),
    ];
    FAMILIES.iter().find(|(_, family)| family.contains(letter)).map_or(letter, |(plain, _)| *plain)
}
