//! A guess of a text's language, from its script and its commonest words. It needs no network and is meant to pick
//! segmentation rules, so that languages which share their rules need not be told apart with certainty.

use std::collections::{HashMap, HashSet};

use super::Segment;

/// Length of each of the three samples that are looked at, in characters: the beginning of a file alone may be a
/// licence in another language.
const SAMPLE: usize = 8_000;

/// Commonest words of languages that share the Latin script: articles, pronouns, prepositions, conjunctions.
const LATIN: &[(&str, &str)] = &[
    (
        "en",
        "the of and to in that is was he for it with as his on be at by had not are but from or have an they which she you were her would there been their we will who him this",
    ),
    (
        "de",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über so zum war",
    ),
    (
        "fr",
        "le la les de des du et à un une dans est que qui en pour pas il elle au sur ne se ce sont avec par plus je vous nous mais on était lui cette son ses aux comme leur être",
    ),
    (
        "es",
        "de la que el en y los se del las un por con no una su para es al lo como más pero sus le ya o fue este ha sí porque esta son entre está cuando muy sin sobre ser también",
    ),
    (
        "it",
        "di e il la che in un è per non una sono da con del si le della dei come nel alla più ma lo gli anche delle al ha i questo se era suo su ci ho mi essere",
    ),
    (
        "pt",
        "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou quando muito nos já eu também só pelo pela até isso são",
    ),
    (
        "nl",
        "de het een en van in is dat op te zijn met voor niet die aan er om ook als maar door bij naar hij was zij ik uit nog worden over wat werd heeft hun had deze wordt haar",
    ),
    (
        "pl",
        "w i na z się nie do to że jest o jak po ale od za przez co dla są tym już tylko był jego czy ze może ich być było gdy kiedy która które który nad jej oraz",
    ),
    (
        "tr",
        "ve bir bu da de için ile olarak çok gibi daha olan ne var en ama o sonra kadar ki her mi ben değil olduğu diye ya yok bunu oldu onun göre şey iki biri hiç",
    ),
    (
        "cs",
        "a se v na je že o s z do i to k ve pro za by ale si po jako jsem od které který jeho tak podle při nebo už byl jsou také bylo jen až její však když",
    ),
    (
        "sk",
        "a sa v na je že o s z do aj to k vo pre za by ale si po ako som od ktoré ktorý jeho tak podľa pri alebo už bol sú bolo len až keď sme čo",
    ),
    (
        "da",
        "og i at det er en til af på de med der for den ikke som et har var jeg han men fra vi om kan sig så ved blev hun efter være eller havde",
    ),
    (
        "sv",
        "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när hon efter eller hade där också",
    ),
    (
        "nb",
        "og i det er på til som en å for med at av de ikke den har han et var jeg om men fra vi seg så kan hun etter ble eller være hadde",
    ),
    (
        "fi",
        "ja on ei se että oli hän mutta ovat kun niin kuin joka myös tai sen jos mitä hänen vain nyt ole minä sitä olla mukaan sekä jo vielä kanssa",
    ),
    (
        "hu",
        "a az és hogy nem is egy ez volt meg de ha csak már mint el azt még van ki vagy kell mert ezt lehet minden nagyon sem majd lesz között után",
    ),
    (
        "ro",
        "și de în la a cu că nu pe din o un este pentru se mai care ce au fost dar prin sau al lui ca să sunt era după iar ei fi am",
    ),
    (
        "is",
        "og að í á er það sem til var en um við með ekki fyrir af hann ég því hún þetta frá eru hefur eða þá þegar verið hafa svo þeir upp",
    ),
    (
        "hr",
        "je i u na se da su za od a koji s o ne kao iz to bi što će nije ili samo po sam bio kako ali još koja već bila",
    ),
    (
        "ca",
        "de la i el que a en les per els amb un una és del no al es va com més ha dels seu però són aquest aquesta també o si han entre",
    ),
    (
        "vi",
        "và của là có không được cho một các người trong với đã này những để khi đến về tôi như anh đó ra từ ở cũng lại nhưng",
    ),
    (
        "id",
        "yang dan di dengan untuk dari ini itu pada tidak dalam akan adalah ke saya juga orang bisa ada oleh kami tersebut telah mereka kita",
    ),
];

/// As [`LATIN`], for the Cyrillic script.
const CYRILLIC: &[(&str, &str)] = &[
    (
        "ru",
        "и в не на я что он с как это а по но его все она так к у же за был из бы мы вы то от ещё меня было о ему только когда",
    ),
    (
        "uk",
        "і в не на я що він з як це а до та його все вона так у й за був із би ми ви то від ще мене було про йому коли або є",
    ),
    (
        "bg",
        "и на да в се не за от е с че като по това си са до той ще или към но аз бе която което който им беше още така",
    ),
    (
        "sr",
        "и у је да се на не за су од са као то а који из о што ће би није по или само који али због још",
    ),
];

/// As [`LATIN`], for the Arabic script.
const ARABIC: &[(&str, &str)] = &[
    (
        "ar",
        "في من على أن إلى التي هذا عن مع كان الذي هذه ما لا هو ذلك بين كل بعد لم قد أو هي ثم إن كما حيث و",
    ),
    (
        "fa",
        "و در به از که این را با است برای آن یک خود تا می بر شد بود هم شده های ها ما او اما نیز",
    ),
    (
        "ur",
        "کے کی میں ہے اور سے کا کو نے اس یہ کہ پر ہیں تھا نہیں بھی ایک وہ جو تو ہو کر تھے گیا",
    ),
];

/// Characters of everyday words whose simplified and traditional forms differ.
const SIMPLIFIED: &str =
    "这个们来说国时会对为发还没过从学样经让现两长开问关见应话给处东车书无气进动边电样点头间听认师员觉马门么实种头";
const TRADITIONAL: &str =
    "這個們來說國時會對為發還沒過從學樣經讓現兩長開問關見應話給處東車書無氣進動邊電樣點頭間聽認師員覺馬門麼實種頭";

/// The BCP 47 tag of the language the segments seem to be in; nothing where too little speaks for any.
pub fn guess(segments: &[Segment]) -> Option<&'static str> {
    let sample = sample(segments);
    let mut counts = [0_usize; SCRIPTS.len()];
    for character in sample.chars().filter(|character| character.is_alphabetic()) {
        if let Some(script) = SCRIPTS.iter().position(|script| script.holds(character)) {
            counts[script] += 1;
        }
    }
    let letters: usize = counts.iter().sum();
    let count = |name: &str| {
        SCRIPTS
            .iter()
            .position(|script| script.name == name)
            .map_or(0, |script| counts[script])
    };
    let foreign = SCRIPTS.iter().zip(counts).filter(|(script, _)| script.name != "latin");
    let (foreign, most) = foreign.max_by_key(|&(_, count)| count)?;
    // Latin letters are in texts of every script, as names and commands, and Chinese characters say as much as several.
    let name = if most * 6 > letters { foreign.name } else { "latin" };
    // Japanese has kana everywhere, if fewer than kanji at times; Chinese has none.
    let name = if name == "han" && count("kana") * 10 > count("han") {
        "kana"
    } else {
        name
    };
    match name {
        "latin" => by_words(&sample, LATIN),
        "cyrillic" => by_words(&sample, CYRILLIC),
        "arabic" => by_words(&sample, ARABIC),
        "han" => Some(chinese(&sample)),
        "kana" => Some("ja"),
        only => Some(only),
    }
}

/// A script, named by the language where only one matters.
struct Script {
    name: &'static str,
    ranges: &'static [(char, char)],
}

impl Script {
    fn holds(&self, character: char) -> bool {
        self.ranges
            .iter()
            .any(|&(first, last)| (first..=last).contains(&character))
    }
}

const fn script(name: &'static str, ranges: &'static [(char, char)]) -> Script {
    Script { name, ranges }
}

const SCRIPTS: [Script; 24] = [
    script("latin", &[('A', 'ɏ'), ('\u{1E00}', '\u{1EFF}')]),
    script("cyrillic", &[('\u{400}', '\u{52F}')]),
    script(
        "han",
        &[
            ('\u{3400}', '\u{4DBF}'),
            ('\u{4E00}', '\u{9FFF}'),
            ('\u{F900}', '\u{FAFF}'),
            ('\u{20000}', '\u{3FFFF}'),
        ],
    ),
    script("kana", &[('\u{3041}', '\u{30FF}'), ('\u{FF66}', '\u{FF9F}')]),
    script(
        "ko",
        &[
            ('\u{1100}', '\u{11FF}'),
            ('\u{3130}', '\u{318F}'),
            ('\u{AC00}', '\u{D7A3}'),
        ],
    ),
    script(
        "arabic",
        &[
            ('\u{600}', '\u{6FF}'),
            ('\u{750}', '\u{77F}'),
            ('\u{FB50}', '\u{FDFF}'),
            ('\u{FE70}', '\u{FEFC}'),
        ],
    ),
    script("he", &[('\u{590}', '\u{5FF}')]),
    script("el", &[('\u{370}', '\u{3FF}'), ('\u{1F00}', '\u{1FFF}')]),
    script("th", &[('\u{E00}', '\u{E7F}')]),
    script("hi", &[('\u{900}', '\u{97F}')]),
    script("bn", &[('\u{980}', '\u{9FF}')]),
    script("pa", &[('\u{A00}', '\u{A7F}')]),
    script("gu", &[('\u{A80}', '\u{AFF}')]),
    script("ta", &[('\u{B80}', '\u{BFF}')]),
    script("te", &[('\u{C00}', '\u{C7F}')]),
    script("kn", &[('\u{C80}', '\u{CFF}')]),
    script("ml", &[('\u{D00}', '\u{D7F}')]),
    script("hy", &[('\u{530}', '\u{58F}')]),
    script("ka", &[('\u{10A0}', '\u{10FF}')]),
    script("am", &[('\u{1200}', '\u{139F}')]),
    script("my", &[('\u{1000}', '\u{109F}')]),
    script("km", &[('\u{1780}', '\u{17FF}')]),
    script("lo", &[('\u{E80}', '\u{EFF}')]),
    script("bo", &[('\u{F00}', '\u{FFF}')]),
];

/// Three stretches of the text: from its beginning, its middle and three quarters through.
fn sample(segments: &[Segment]) -> String {
    let mut sample = String::new();
    for start in [0, segments.len() / 2, segments.len() / 4 * 3] {
        let characters = segments[start..]
            .iter()
            .flat_map(|segment| segment.text.chars().chain([' ']));
        sample.extend(characters.take(SAMPLE));
    }
    sample.to_lowercase()
}

/// The language whose common words come most often: one word in twenty or more, and three different ones.
fn by_words(sample: &str, languages: &[(&'static str, &str)]) -> Option<&'static str> {
    let words = sample
        .split(|character: char| !character.is_alphabetic())
        .filter(|word| !word.is_empty());
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let scores = languages.iter().map(|&(tag, list)| {
        let known: HashSet<&str> = list.split(' ').collect();
        let hits = known.iter().filter_map(|word| counts.get(word));
        (hits.clone().sum::<usize>(), hits.count(), tag)
    });
    let (hits, different, tag) = scores.rev().max_by_key(|&(hits, ..)| hits)?;
    (hits * 20 >= all && different >= 3).then_some(tag)
}

fn chinese(sample: &str) -> &'static str {
    let count = |list: &str, other: &str| {
        sample
            .chars()
            .filter(|&character| list.contains(character) && !other.contains(character))
            .count()
    };
    if count(TRADITIONAL, SIMPLIFIED) > count(SIMPLIFIED, TRADITIONAL) {
        "zh-TW"
    } else {
        "zh"
    }
}
