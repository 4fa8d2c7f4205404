//! Vietnamese text: one form to store, a key to search by, a key to sort by.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text in NFC, without white space at its ends.
pub fn clean(text: &str) -> String {
    text.trim().nfc().collect()
}

/// The same, or nothing when nothing is left of it.
pub fn clean_or_none(text: &str) -> Option<String> {
    Some(clean(text)).filter(|text| !is_blank(text))
}

/// Is there nothing to see in it? Spaces of no width are nothing.
pub fn is_blank(text: &str) -> bool {
    let unseen = |c: char| {
        c.is_whitespace()
            || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
    };
    text.chars().all(unseen)
}

/// Is it one line, read in the order in which it is written? Characters that embed, override or isolate a direction
/// can make a name look like another one.
pub fn is_one_line(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| matches!(c, '\u{2028}' | '\u{2029}');
    !text.trim().chars().any(|c| c.is_control() || turns(c) || breaks(c))
}

/// The text as one who types in a hurry would write it: without accents, đ as d, lower case, single spaces.
/// `muong nhe` finds *Mường Nhé*.
pub fn search_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'đ' | 'Đ' => key.push('d'),
            letter if letter.is_whitespace() => {
                if !key.is_empty() && !key.ends_with(' ') {
                    key.push(' ');
                }
            }
            letter => key.extend(letter.to_lowercase()),
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// The search key of several texts read one after another.
pub fn search_key_of(texts: &[&str]) -> String {
    search_key(&texts.join(" "))
}

/// Bytes that sort as a Vietnamese directory does: first by letters (a ă â b c d đ e ê …), then by tones
/// (ngang, huyền, hỏi, ngã, sắc, nặng), then capitals after small letters.
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut letters = Vec::with_capacity(text.len() * 2);
    let mut tones = Vec::new();
    let mut capitals = Vec::new();
    for symbol in text.nfc() {
        let mut parts = std::iter::once(symbol).nfd();
        let base = parts.next().unwrap_or(symbol);
        let (mut shape, mut tone) = (0_u8, 1_u8);
        for mark in parts {
            match mark {
                '\u{306}' => shape = 1,
                '\u{302}' => shape = 2,
                '\u{31b}' => shape = 3,
                '\u{300}' => tone = 2,
                '\u{309}' => tone = 3,
                '\u{303}' => tone = 4,
                '\u{301}' => tone = 5,
                '\u{323}' => tone = 6,
                _ => {}
            }
        }
        let (base, shape) = match base {
            'đ' | 'Đ' => ('d', 1),
            base => (base.to_lowercase().next().unwrap_or(base), shape),
        };
        if base.is_whitespace() {
            letters.extend([1, 0]);
        } else if base.is_alphanumeric() {
            letters.extend(place(base));
            letters.push(shape + 1);
        } else {
            continue;
        }
        tones.push(tone);
        capitals.push(1 + u8::from(symbol.is_uppercase()));
    }
    letters.push(0);
    letters.append(&mut tones);
    letters.push(0);
    letters.append(&mut capitals);
    letters
}

/// Digits, then Latin letters, then all else by its code point.
fn place(base: char) -> Vec<u8> {
    match u8::try_from(base) {
        Ok(byte) if byte.is_ascii() => vec![byte],
        _ => {
            let mut place = vec![0xff];
            place.extend(u32::from(base).to_be_bytes());
            place
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_ignores_accents_case_and_spacing() {
        assert_eq!(search_key("  UBND huyện  Mường Nhé "), "ubnd huyen muong nhe");
        assert_eq!(search_key("Điện Biên Đông"), "dien bien dong");
        assert_eq!(search_key("Ứng dụng"), search_key("u\u{31b}\u{301}ng du\u{323}ng"));
    }

    #[test]
    fn text_is_stored_composed_and_trimmed() {
        assert_eq!(clean(" Mu\u{31b}o\u{31b}\u{300}ng "), "Mường");
    }

    #[test]
    fn names_sort_in_the_order_of_the_vietnamese_alphabet() {
        let sorted = [
            "a", "à", "ả", "ã", "á", "ạ", "ăn", "ân", "b", "Da", "Đa", "e", "ê", "o", "ô", "ơ", "u", "ư", "y",
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by_key(|name| sort_key(name));
        assert_eq!(shuffled, sorted);
    }

    #[test]
    fn a_tone_matters_only_between_equal_letters() {
        assert!(sort_key("Mường Ảng") < sort_key("Mường Chà"));
        assert!(sort_key("Na Son") < sort_key("Nà Sung"));
        assert!(sort_key("Nậm Kè") < sort_key("Nậm Pồ"));
    }

    #[test]
    fn a_shorter_name_stands_before_its_longer_namesake() {
        assert!(sort_key("Điện Biên") < sort_key("Điện Biên Đông"));
    }
}
