//! Documents that are more than plain text: what becomes of their markup.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write};

use enface::document::{ReadOptions, parse};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn paragraphs(name: &str, bytes: &[u8]) -> Vec<String> {
    let options = ReadOptions {
        sentences: true,
        ..ReadOptions::default()
    };
    let document = parse(name, bytes, &options).unwrap();
    document.segments.into_iter().map(|segment| segment.text).collect()
}

fn sentences(name: &str, bytes: &[u8]) -> Vec<String> {
    let document = parse(name, bytes, &ReadOptions::default()).unwrap();
    document.segments.into_iter().map(|segment| segment.text).collect()
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_web_page_gives_its_text_blocks() {
    let page = r#"<!DOCTYPE html><html><head><title>Title</title><meta charset="utf-8"><style>p { color: red }</style></head>
        <body><div class="navheader"><div>Prev</div> Next</div><nav>Home</nav>
        <h1>Chapter&nbsp;1</h1><!-- no <p> text -->
        <p>He said &ldquo;<em>no</em>&rdquo; to A&amp;B &#151; and&#x20;left<br>at once. <b hidden>Not this.</b>Then&c. 1 < 2.
        <ul><li>One<li class="last">Two</ul><table><tr><td>a</td><td>b</td></tr></table>
        <pre>make
  install</pre>
        <p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字</p>
        <script>if (a < b) { "<p>" }</script>The end</body></html>"#;
    let expected = [
        "Chapter\u{a0}1",
        "He said “no” to A&B — and left at once. Then&c. 1 < 2.",
        "One",
        "Two",
        "a",
        "b",
        "make",
        "install",
        "漢字",
        "The end",
    ];
    assert_eq!(paragraphs("page.html", page.as_bytes()), expected);
}

#[test]
fn a_web_page_may_declare_its_encoding_and_break_its_markup() {
    let page =
        b"<meta http-equiv=Content-Type content='text/html; charset=iso-8859-2'><p>\xB1\xE6 <nav>open <a href='x>link<";
    assert_eq!(paragraphs("page.htm", page), ["ąć", "open link<"]);
}

#[test]
fn a_book_is_read_in_the_order_of_its_spine() {
    let package = r#"<package xmlns="http://www.idpf.org/2007/opf"><manifest>
        <item id="two" href="text/second%20part.xhtml" media-type="application/xhtml+xml"/>
        <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
        <item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>
        <item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>
        <item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>
        </manifest><spine><itemref idref="cover" linear="no"/><itemref idref="nav"/><itemref idref="one"/>
        <itemref idref="gone"/><itemref idref="two"/></spine></package>"#;
    let chapter = |text: &str| format!("<?xml version='1.0' encoding='utf-8'?><html><body><p>{text}</p></body></html>");
    let book = archive(&[
        ("mimetype", "application/epub+zip"),
        (
            "META-INF/container.xml",
            r#"<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"#,
        ),
        ("OEBPS/book.opf", package),
        ("OEBPS/cover.xhtml", &chapter("Cover")),
        ("OEBPS/nav.xhtml", &chapter("Contents")),
        ("OEBPS/text/second part.xhtml", &chapter("The second.")),
        ("OEBPS/one.xhtml", &chapter("The <i>first</i>. Then more.")),
    ]);
    assert_eq!(
        sentences("book.epub", &book),
        ["The first.", "Then more.", "The second."]
    );
}

#[test]
fn a_word_document_gives_paragraphs_however_it_was_cut() {
    let document = r#"<w:document xmlns:w="w" xmlns:mc="mc"><w:body>
        <w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>Hel</w:t></w:r><w:r><w:rPr><w:b/></w:rPr>
        <w:t xml:space="preserve">lo </w:t></w:r><w:r><w:t>&amp; good</w:t><w:tab/><w:t>bye.</w:t></w:r>
        <w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>
        <w:p/><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
        <w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Choice>
        <mc:Fallback><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r>
        <w:r><w:instrText>PAGE</w:instrText><w:t>Around it.</w:t></w:r></w:p></w:body></w:document>"#;
    let notes =
        r#"<w:footnotes xmlns:w="w"><w:footnote><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>"#;
    let file = archive(&[("word/document.xml", document), ("word/footnotes.xml", notes)]);
    assert_eq!(
        paragraphs("letter.docx", &file),
        ["Hello & good bye.", "a", "b", "In a box.", "Around it.", "A note."]
    );
}

#[test]
fn an_open_document_gives_paragraphs_and_headings() {
    let content = r#"<office:document-content xmlns:office="o" xmlns:text="t"><office:body><office:text>
        <text:tracked-changes><text:p>Deleted</text:p></text:tracked-changes>
        <text:h>Heading</text:h><text:p>
            This <text:span>is</text:span><text:s/>a<text:tab/>line<text:note><text:note-citation>1</text:note-citation>
            <text:note-body><text:p>A note.</text:p></text:note-body></text:note>.</text:p>
        </office:text></office:body></office:document-content>"#;
    let file = archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", content),
    ]);
    assert_eq!(
        paragraphs("letter.odt", &file),
        ["Heading", "A note.", "This is a line ."]
    );
}

const SUBTITLES: &str = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Ada lived near a junkyard</i>\r\n\r\n\
    2\r\n00:00:02,600 --> 00:00:04,000 X1:40\r\n{\\an8}on the edge\r\nof town.\r\n\r\n\
    3\r\n00:00:05,000 --> 00:00:06,000\r\n- Really?\r\n- Yes &amp; no. I <3 it.\r\n\r\n\
    4\r\n00:00:10,000 --> 00:00:11,000\r\nMusic\r\n\r\n\
    5\r\n00:01:00,000 --> 00:01:02,000\r\nIt was late.\r\n";

#[test]
fn sentences_of_subtitles_are_joined_across_cues() {
    let expected = [
        "Ada lived near a junkyard on the edge of town.",
        "- Really?",
        "- Yes & no.",
        "I <3 it.",
        "Music",
        "It was late.",
    ];
    assert_eq!(sentences("film.srt", SUBTITLES.as_bytes()), expected);
    let cues = [
        "Ada lived near a junkyard",
        "on the edge of town.",
        "- Really? - Yes & no. I <3 it.",
        "Music",
        "It was late.",
    ];
    assert_eq!(paragraphs("film.srt", SUBTITLES.as_bytes()), cues);
}

#[test]
fn webvtt_notes_and_voices_are_no_text() {
    let film = "WEBVTT - Title\n\nNOTE\nA remark\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000 line:0\n\
                <v Emo>Watch out!</v>\n\n00:02.500 --> 00:03.000\n<c.loud>Where?</c>\n";
    assert_eq!(sentences("film.vtt", film.as_bytes()), ["Watch out!", "Where?"]);
}

#[test]
fn a_damaged_document_is_told_apart_from_a_missing_one() {
    let book = archive(&[("mimetype", "application/epub+zip")]);
    let message = |name, bytes: &[u8]| parse(name, bytes, &ReadOptions::default()).unwrap_err().to_string();
    let told = message("book.epub", &book);
    assert!(
        told.contains("\"book.epub\" cannot be read as an EPUB book") && told.contains("container.xml"),
        "{told}"
    );
    let told = message("letter.docx", &book[..30]);
    assert!(told.contains("cannot be read as a DOCX document"), "{told}");
    let told = message("letter.docx", &archive(&[("word/document.xml", "<w:p><w:t>x</w:p>")]));
    assert!(told.contains("expected"), "{told}");
    assert!(message("empty.html", b"<html><p> </p></html>").contains("holds no text"));
    assert!(message("letter.doc", &book).contains("is a ZIP archive or office document"));
}
