//! A thief has the files of the database, and not the key file. Of a closed wave they link nobody to
//! an answer: not by a column, not by a key made of anything in the files, not by the order of rows.
//! The same thief finds everybody where the bot is careless.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

use std::collections::{BTreeMap, BTreeSet};

use goldenpath::keys::Keys;
use goldenpath::surveys;
use goldenpath::surveys::model::respondent;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use crate::harness::test_app::TestApp;

/// In the order in which they answer, which the thief saw from afar. So many that their answers
/// lie in this order by chance once in 400,000 times, the one with words being found first anyway.
const PEOPLE: [(&str, &str); 12] = [
    ("Ada", "Well"),
    ("Ben", "Badly"),
    ("Cy", "So-so"),
    ("Di", "Very well"),
    ("Eve", "Very badly"),
    ("Flo", "Well"),
    ("Gus", "Badly"),
    ("Hal", "So-so"),
    ("Ivo", "Very well"),
    ("Jo", "Well"),
    ("Kit", "Badly"),
    ("Lou", "Very badly"),
];

/// Everybody has answered, and Ada has commented on it.
async fn answered() -> TestApp {
    let app = TestApp::on_a_file().await;
    for (name, choice) in PEOPLE {
        let person = app.person(name);
        person.types(&format!("env create preview-site {}-site", name.to_lowercase())).await;
        app.run_jobs().await;
        person.presses(choice).await;
    }
    let ada = app.person("Ada");
    let form = ada.opens_by(&ada.button("Add a comment")).await;
    ada.submits(&form, &[("words", "the queue is long")]).await;
    app
}

async fn close(app: &TestApp) {
    let wave = app.texts("SELECT id FROM wave").await.remove(0);
    assert!(app.app.db.write(wave, |tx, wave| Box::pin(surveys::close_wave(tx, wave))).await.unwrap());
    app.run_jobs().await;
}

/// What a thief has, and knows.
struct Loot {
    /// The file and its log as they were taken.
    raw: Vec<u8>,
    /// The file after its log was taken in.
    file: Vec<u8>,
    /// Each row of each table, as text.
    rows: Vec<Vec<String>>,
    /// What each person is called anywhere, in the order in which they answered.
    people: Vec<BTreeSet<String>>,
    /// The pseudonyms of the answers.
    answers: BTreeSet<String>,
}

impl Loot {
    async fn of(app: &TestApp) -> Loot {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (app.folder.path().join("goldenpath.db"), folder.path().join("goldenpath.db"));
        let mut raw = Vec::new();
        for end in ["", "-wal"] {
            let name = |path: &std::path::Path| format!("{}{end}", path.display());
            std::fs::copy(name(&from), name(&to)).unwrap();
            raw.extend(std::fs::read(name(&to)).unwrap());
        }
        let mut conn = AnyConnection::connect(&format!("sqlite://{}?mode=rw", to.display())).await.unwrap();
        let rows = rows(&mut conn).await;
        let answers = texts(&mut conn, "SELECT respondent FROM answer").await.into_iter().collect();
        let mut people = Vec::new();
        for (name, _) in PEOPLE {
            let user = format!("U{}", name.to_uppercase());
            let person = format!("SELECT person_id FROM identity WHERE user_id = '{user}'");
            let person = texts(&mut conn, &person).await.remove(0);
            let asked = format!("SELECT id FROM invitation WHERE person_id = '{person}'");
            let asked = texts(&mut conn, &asked).await.remove(0);
            people.push(BTreeSet::from([name.to_owned(), user, person, asked]));
        }
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        Loot { raw, file: std::fs::read(&to).unwrap(), rows, people, answers }
    }

    /// The ways that lead from a person to an answer.
    fn links(&self) -> Vec<&'static str> {
        let ways = [("column", self.by_column()), ("key", self.by_key()), ("order", self.by_order())];
        ways.into_iter().filter(|(_, found)| *found).map(|(way, _)| way).collect()
    }

    /// A row holds somebody and a pseudonym, or a pseudonym is somebody.
    fn by_column(&self) -> bool {
        // A short name may stand by chance in what is encrypted.
        let is = |cell: &String, known: &String| cell == known || (known.len() > 3 && cell.contains(known));
        let somebody = |cell: &String| self.people.iter().flatten().any(|known| is(cell, known));
        let pseudonym = |cell: &String| self.answers.iter().any(|answer| cell.contains(answer.as_str()));
        self.answers.iter().any(somebody)
            || self.rows.iter().any(|row| row.iter().any(somebody) && row.iter().any(pseudonym))
    }

    /// A pseudonym is the keyed hash of somebody, under anything of 32 bytes in the files.
    fn by_key(&self) -> bool {
        let spelled = spelled_out(&self.raw);
        let keys = random(&self.raw).into_iter().chain(spelled.iter().map(Vec::as_slice));
        let ids: Vec<&String> = self.people[0].iter().collect();
        keys.into_iter().any(|key| ids.iter().any(|id| self.answers.contains(&respondent(key, id))))
    }

    /// Rows lie in a page from its end to its start, as they came. The answers lie as the people did.
    fn by_order(&self) -> bool {
        let places = |known: &str| last_place(&self.file, known.as_bytes());
        let mut lying: Vec<(usize, &String)> =
            self.answers.iter().filter_map(|answer| Some((places(answer)?, answer))).collect();
        lying.sort();
        let values: BTreeMap<&String, &String> = self.values();
        let said: Vec<&str> = lying.iter().rev().map(|(_, answer)| values[*answer].as_str()).collect();
        let labels = ["Very badly", "Badly", "So-so", "Well", "Very well"];
        let truth = PEOPLE.map(|(_, choice)| labels.iter().position(|label| *label == choice).unwrap() + 1);
        said == truth.map(|value| value.to_string())
    }

    /// The value of each answer.
    fn values(&self) -> BTreeMap<&String, &String> {
        let of = |row: &'_ Vec<String>| row.len() == 5 && self.answers.contains(&row[1]);
        self.rows.iter().filter(|row| of(row)).map(|row| (&row[1], &row[2])).collect()
    }
}

/// Each 32 bytes that could be random: text and empty pages are not. Of 10,000 keys it misses three.
fn random(raw: &[u8]) -> BTreeSet<&[u8]> {
    let high = |at: usize| usize::from(raw[at] >= 0x80);
    let mut count = (0..31).map(high).sum::<usize>();
    let mut found = BTreeSet::new();
    for end in 32..=raw.len() {
        count += high(end - 1);
        if count >= 7 {
            found.insert(&raw[end - 32..end]);
        }
        count -= high(end - 32);
    }
    found
}

/// Each 32 bytes that stand there in hexadecimal digits or base 64, wherever they begin.
fn spelled_out(raw: &[u8]) -> BTreeSet<Vec<u8>> {
    let spells = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let words: BTreeSet<&[u8]> = raw.split(|byte| !spells(byte)).filter(|word| word.len() >= 43).collect();
    let hex = words
        .iter()
        .flat_map(|word| word.windows(64))
        .filter_map(|digits| data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok());
    let base = words
        .iter()
        .flat_map(|word| word.windows(43))
        .filter_map(|letters| data_encoding::BASE64_NOPAD.decode(letters).ok());
    hex.chain(base).collect()
}

fn last_place(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).rposition(|window| window == sought)
}

async fn texts(conn: &mut AnyConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(conn).await.unwrap()
}

/// Each row of each table, column by column.
async fn rows(conn: &mut AnyConnection) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    for table in texts(conn, tables).await {
        let columns = texts(conn, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let cell = |name: &String| {
            format!(
                "CASE typeof(\"{name}\") WHEN 'blob' THEN hex(\"{name}\") ELSE COALESCE(CAST(\"{name}\" AS TEXT), '') END"
            )
        };
        let cells = columns.iter().map(cell);
        let sql = format!("SELECT {} FROM {table}", cells.collect::<Vec<_>>().join(", "));
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *conn).await.unwrap();
        all.extend(rows.iter().map(|row| (0..columns.len()).map(|n| row.get(n)).collect()));
    }
    all
}

/// The pseudonyms as the key file leads to them, while there is a key.
async fn pseudonyms(app: &TestApp) -> Vec<String> {
    let keys =
        Keys::load_or_create(&app.folder.path().join("data/key"), &goldenpath::ids::Ids::seeded(1)).unwrap();
    let key = wave_key(app, &keys).await;
    let people = app.texts("SELECT person_id FROM invitation").await;
    people.iter().map(|person| respondent(&key, person)).collect()
}

async fn wave_key(app: &TestApp, keys: &Keys) -> Vec<u8> {
    let row = app.texts("SELECT wave_id || ' ' || wrapped FROM wave_key").await.remove(0);
    let (wave, wrapped) = row.split_once(' ').unwrap();
    keys.unwrap(wave, &data_encoding::BASE64.decode(wrapped.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn of_a_closed_wave_nobody_is_linked_to_an_answer() {
    let app = answered().await;
    let pseudonyms = pseudonyms(&app).await;
    let wrapped = app.texts("SELECT wrapped FROM wave_key").await.remove(0);
    close(&app).await;
    let loot = Loot::of(&app).await;
    assert_eq!(loot.links(), [] as [&str; 0]);
    assert_eq!((loot.answers.len(), pseudonyms.len()), (12, 12));
    // Nor is there anything that the key file would still be good for.
    for gone in pseudonyms.iter().chain([&wrapped]) {
        assert_eq!(last_place(&loot.raw, gone.as_bytes()), None, "{gone} is still there");
    }
    app.end().await;
}

#[tokio::test]
async fn the_thief_finds_the_key_that_was_kept_and_the_order_of_a_wave_that_is_open() {
    let app = answered().await;
    assert_eq!(Loot::of(&app).await.links(), ["order"]);
    let keys =
        Keys::load_or_create(&app.folder.path().join("data/key"), &goldenpath::ids::Ids::seeded(1)).unwrap();
    let kept = data_encoding::HEXLOWER.encode(&wave_key(&app, &keys).await);
    let unit = app.app.db.write(kept, |tx, kept| {
        Box::pin(async move {
            let sql = "INSERT INTO setting (name, value) VALUES ('careless', $1)";
            Ok(sqlx::query(sql).bind(kept).execute(tx.conn()).await.map(drop)?)
        })
    });
    unit.await.unwrap();
    assert_eq!(Loot::of(&app).await.links(), ["key", "order"]);
    close(&app).await;
    assert_eq!(Loot::of(&app).await.links(), [] as [&str; 0], "the names are others now");
    app.end().await;
}

#[tokio::test]
async fn the_thief_finds_the_person_that_was_stored() {
    let app = answered().await;
    close(&app).await;
    app.changes("UPDATE answer SET respondent = (SELECT max(person_id) FROM invitation) WHERE respondent = (SELECT max(respondent) FROM answer)")
        .await;
    assert_eq!(Loot::of(&app).await.links(), ["column"]);
    app.changes(
        "UPDATE answer SET respondent = 'somebody' WHERE respondent = (SELECT max(respondent) FROM answer)",
    )
    .await;
    assert_eq!(Loot::of(&app).await.links(), [] as [&str; 0]);
    let kept = "INSERT INTO survey_pause (survey, paused_at) SELECT max(person_id) || max(respondent), 1 FROM invitation, answer";
    app.changes(kept).await;
    assert_eq!(Loot::of(&app).await.links(), ["column"]);
    app.changes("DELETE FROM survey_pause").await;
    app.end().await;
}
