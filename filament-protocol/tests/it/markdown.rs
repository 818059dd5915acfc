//! §10.3: texts and their tokens.

use filament_protocol::Token;
use filament_protocol::limits::MARKDOWN_BYTES_MAX;
use filament_protocol::markdown::tokenize;
use proptest::prelude::*;

/// A short way to write tokens down: `p( )p` a paragraph, `h2( )h` a heading, `e( )e` emphasis, `s( )s` strong,
/// `ul( )l` and `ol( )l` lists, `i( )i` items, `a[href]( )a` a link, `'text'`, `` `code` ``, `rust{code}` and `-{code}`
/// blocks, `/` a soft and `//` a hard break.
fn short(tokens: &[Token]) -> String {
    let words: Vec<String> = tokens
        .iter()
        .map(|token| match token {
            Token::ParagraphStart => "p(".into(),
            Token::ParagraphEnd => ")p".into(),
            Token::HeadingStart { level } => format!("h{level}("),
            Token::HeadingEnd => ")h".into(),
            Token::EmphasisStart => "e(".into(),
            Token::EmphasisEnd => ")e".into(),
            Token::StrongStart => "s(".into(),
            Token::StrongEnd => ")s".into(),
            Token::ListStart { ordered: false } => "ul(".into(),
            Token::ListStart { ordered: true } => "ol(".into(),
            Token::ListEnd => ")l".into(),
            Token::ListItemStart => "i(".into(),
            Token::ListItemEnd => ")i".into(),
            Token::LinkStart { href } => format!("a[{href}]("),
            Token::LinkEnd => ")a".into(),
            Token::Text { text } => format!("'{text}'"),
            Token::Code { code } => format!("`{code}`"),
            Token::FencedCode { language, code } => format!("{}{{{code}}}", language.as_deref().unwrap_or("-")),
            Token::SoftBreak => "/".into(),
            Token::HardBreak => "//".into(),
        })
        .collect();
    words.join(" ")
}

#[track_caller]
fn check(content: &str, tokens: &str) {
    assert_eq!(short(&tokenize(content)), tokens, "{content:?}");
}

/// Plain structure, as CommonMark has it.
#[test]
fn structure_becomes_tokens() {
    check("hi", "p( 'hi' )p");
    check("a *b* **c** `d`", "p( 'a ' e( 'b' )e ' ' s( 'c' )s ' ' `d` )p");
    check("***x***", "p( e( s( 'x' )s )e )p");
    check("# one\n###### six", "h1( 'one' )h h6( 'six' )h");
    check("title\n===", "h1( 'title' )h");
    check("a\nb", "p( 'a' / 'b' )p");
    check("a  \nb\\\nc", "p( 'a' // 'b' // 'c' )p");
    check("a\n\nb", "p( 'a' )p p( 'b' )p");
    check("- a\n- b", "ul( i( 'a' )i i( 'b' )i )l");
    check("3. a\n4. b", "ol( i( 'a' )i i( 'b' )i )l");
    check("- a\n\n- b", "ul( i( p( 'a' )p )i i( p( 'b' )p )i )l");
    check("- a\n  - b", "ul( i( 'a' ul( i( 'b' )i )l )i )l");
    check("a &amp; b \\* c &copy;", "p( 'a & b * c ©' )p");
}

/// Extensions are off: tables, strikethrough, task lists, footnotes and math are text.
#[test]
fn extensions_are_off() {
    check("~~a~~", "p( '~~a~~' )p");
    check("- [x] a", "ul( i( '[x] a' )i )l");
    check("a | b\n--|--\nc | d", "p( 'a | b' / '--|--' / 'c | d' )p");
    check("$a$ [^1]", "p( '$a$ [^1]' )p");
    check("\"a\" -- ...", "p( '\"a\" -- ...' )p");
}

/// Proves MD-2: what has no token of its own.
#[test]
fn containers_without_tokens_keep_their_content() {
    check("", "");
    check(" \n\t\n", "");
    check("    let x;\n    y", "-{let x;\ny}");
    check("> a\n> > b", "p( 'a' )p p( 'b' )p");
    check("a\n\n---\n\nb", "p( 'a' )p p( 'b' )p");
    check("![alt *x*](http://e.x/i.png)", "p( 'alt ' e( 'x' )e )p");
    check("a <b>c</b> d", "p( 'a ' 'c' ' d' )p");
    check("<div>\n*x*\n</div>\n\nb", "p( 'b' )p");
    check("<script>alert(1)</script>", "");
    check("a<!-- x -->b", "p( 'a' 'b' )p");
}

/// Proves MD-3: the language of a block is one word of a known alphabet, or none.
#[test]
fn languages_are_single_words_in_lower_case() {
    check("```Rust\nx\n```", "rust{x\n}");
    check("```  c++  \nx\n```", "c++{x\n}");
    check("~~~objective-c_2.0\nx", "objective-c_2.0{x}");
    check("```\nx\n```", "-{x\n}");
    check("```rust ignore\nx\n```", "-{x\n}");
    check("```ru\u{308}st\nx\n```", "-{x\n}");
    check(&format!("```{}\nx\n```", "a".repeat(32)), &format!("{}{{x\n}}", "a".repeat(32)));
    check(&format!("```{}\nx\n```", "a".repeat(33)), "-{x\n}");
}

/// Proves MD-4: only http, https and mailto may be followed; the label of any other link stays as text.
#[test]
fn only_safe_targets_become_links() {
    check("[a](http://e.x)", "p( a[http://e.x]( 'a' )a )p");
    check("[a](HTTPS://E.x 'title')", "p( a[HTTPS://E.x]( 'a' )a )p");
    check("[a *b*](mailto:x@e.x)", "p( a[mailto:x@e.x]( 'a ' e( 'b' )e )a )p");
    check("[a](< http://e.x >)", "p( a[http://e.x]( 'a' )a )p");
    check("<https://e.x>", "p( a[https://e.x]( 'https://e.x' )a )p");
    check("<x@e.x>", "p( a[mailto:x@e.x]( 'x@e.x' )a )p");
    check("[a][r]\n\n[r]: https://e.x", "p( a[https://e.x]( 'a' )a )p");
    for target in [
        "javascript:alert(1)",
        "JAVASCRIPT:x",
        "data:text/html,x",
        "ftp://e.x",
        "/relative",
        "#x",
        "",
        "//e.x",
        "vbscript:x",
        "httpx://e.x",
        "http",
    ] {
        check(&format!("[a *b*]({target})"), "p( 'a ' e( 'b' )e )p");
    }
    check("<ftp://e.x>", "p( 'ftp://e.x' )p");
    check("[a <http://in.x> b](http://out.x)", "p( a[http://out.x]( 'a ' 'http://in.x' ' b' )a )p");
    check("[a [b](http://in.x)](ftp://out.x)", "p( '[a ' a[http://in.x]( 'b' )a '](ftp://out.x)' )p");
}

/// Proves MD-5: bare addresses in plain text become links, without the punctuation behind them.
#[test]
fn bare_addresses_become_links() {
    let link = |address: &str| format!("a[{address}]( '{address}' )a");
    check("http://e.x", &format!("p( {} )p", link("http://e.x")));
    check("see HTTPS://E.x/a_b_c?d&e, ok", &format!("p( 'see ' {} ', ok' )p", link("HTTPS://E.x/a_b_c?d&e")));
    check("(mailto:x@e.x).", &format!("p( '(' {} ').' )p", link("mailto:x@e.x")));
    check(
        "http://a.x\u{3000}http://b.x!?",
        &format!("p( {} '\u{3000}' {} '!?' )p", link("http://a.x"), link("http://b.x")),
    );
    check("xhttp://e.x", &format!("p( 'x' {} )p", link("http://e.x")));
    check("http://e.x/a)]}.,!?;:", &format!("p( {} ')]}}.,!?;:' )p", link("http://e.x/a")));
    check("http://e.x&amp;y", &format!("p( {} )p", link("http://e.x&y")));
    check("*http://e.x*", &format!("p( e( {} )e )p", link("http://e.x")));
    check("http://http://", &format!("p( {} )p", link("http://http://")));
}

/// Proves MD-5: a bare scheme stays text, and links and code are left alone.
#[test]
fn bare_schemes_links_and_code_are_left_alone() {
    check("http:// https:// mailto:", "p( 'http:// https:// mailto:' )p");
    check("http://. mailto:;", "p( 'http://. mailto:;' )p");
    check("`http://e.x`", "p( `http://e.x` )p");
    check("    http://e.x", "-{http://e.x}");
    check("[http://a.x](http://b.x)", "p( a[http://b.x]( 'http://a.x' )a )p");
    check("hhttp:/e.x ham", "p( 'hhttp:/e.x ham' )p");
    check("http://!?) http://a", "p( 'http://!?) ' a[http://a]( 'http://a' )a )p");
    check("mailto:::: mailto:a", "p( 'mailto:::: ' a[mailto:a]( 'mailto:a' )a )p");
}

/// Proves MD-1 with the token budget of s007: the text is stored and shown raw.
#[test]
fn s007_too_many_tokens_are_no_tokens() {
    check(&format!("{}a", "- ".repeat(999)), "");
    let json = serde_json::to_vec(&tokenize(&format!("{}a", "- ".repeat(200)))).unwrap();
    assert!(json.len() > 2 && json.len() <= MARKDOWN_BYTES_MAX);
}

/// Proves the limits of MD-1 that a text of 2,000 units can reach: code blocks and bytes; and the others on longer ones.
#[test]
fn over_any_limit_there_are_no_tokens() {
    let blocks = |count: usize| "```\n```\n".repeat(count);
    assert_eq!(tokenize(&blocks(64)).len(), 64);
    assert_eq!(tokenize(&blocks(65)), []);
    assert_eq!(tokenize(&"a".repeat(4_096)).len(), 3);
    assert_eq!(tokenize(&"a".repeat(4_097)), []);
    assert_eq!(tokenize(&format!("`{}`", "a".repeat(4_096))).len(), 3);
    assert_eq!(tokenize(&format!("`{}`", "a".repeat(4_097))), []);
    let link = |units: usize| format!("[a](http://{})", "e".repeat(units - 7));
    assert_eq!(tokenize(&link(4_096)).len(), 5);
    assert_eq!(tokenize(&link(4_097)), []);
    let block = |units: usize| format!("```\n{}\n```", "a".repeat(units - 1));
    assert_eq!(tokenize(&block(16_384)).len(), 1);
    assert_eq!(tokenize(&block(16_385)), []);
    let shell = serde_json::to_vec(&tokenize("a")).unwrap().len() - 1;
    let control = |units: usize| "\u{1}".repeat(units);
    assert!(shell + 4_000 * 6 <= MARKDOWN_BYTES_MAX);
    assert_eq!(tokenize(&control(4_000)).len(), 3);
    assert_eq!(tokenize(&control(4_090)), []);
    let breaks = |count: usize| vec!["a"; count].join("\n");
    assert!(!tokenize(&breaks(300)).is_empty());
    assert_eq!(tokenize(&breaks(2_100)), []);
}

fn is_balanced(tokens: &[Token]) -> bool {
    let mut open = Vec::new();
    tokens.iter().all(|token| {
        let name = token.type_name();
        match (name.strip_suffix("_start"), name.strip_suffix("_end")) {
            (Some(start), _) => {
                open.push(start);
                true
            }
            (_, Some(end)) => open.pop() == Some(end),
            _ => true,
        }
    }) && open.is_empty()
}

fn markdown() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "*",
        "**",
        "_",
        "`",
        "```",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "# ",
        "[",
        "]",
        "(",
        ")",
        "![",
        "<",
        ">",
        "http://",
        "mailto:",
        "a",
        " ",
        "    ",
        "&amp;",
        "\\",
        "<b>",
        "javascript:",
        "https://e.x",
        "---",
        "é",
        "\u{1F30A}",
        "\t",
        "\r\n",
        "!",
        "](http://e.x)",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Proves MD-1, MD-4 and MD-6 on random texts: balanced, bounded, safe, the same twice, read back as written.
    #[test]
    fn tokens_are_balanced_bounded_and_repeatable(content in markdown()) {
        let tokens = tokenize(&content);
        prop_assert!(is_balanced(&tokens), "{tokens:?}");
        let json = serde_json::to_string(&tokens).unwrap();
        prop_assert!(json.len() <= MARKDOWN_BYTES_MAX);
        prop_assert_eq!(&serde_json::to_string(&tokenize(&content)).unwrap(), &json);
        prop_assert_eq!(&serde_json::from_str::<Vec<Token>>(&json).unwrap(), &tokens);
        for token in &tokens {
            if let Token::LinkStart { href } = token {
                let lower = href.to_ascii_lowercase();
                prop_assert!(["http:", "https:", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)), "{href}");
            }
            if let Token::Text { text } = token {
                prop_assert!(!text.is_empty());
            }
        }
    }
}
