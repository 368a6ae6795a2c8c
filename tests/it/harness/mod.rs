//! Stateful fakes and helpers that speak like the outside, and the app as tests see it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not so")]

pub mod bot_process;
pub mod database;
pub mod discord_bot;
pub mod discord_filling;
pub mod discord_person;
pub mod discord_sender;
pub mod discord_shown;
pub mod disk;
pub mod fake_discord;
pub mod fake_gateway;
pub mod fake_slack;
pub mod fickle;
pub mod ground;
pub mod judged;
pub mod page;
pub mod person;
pub mod playground_bot;
pub mod playground_person;
pub mod reading;
pub mod recorder;
pub mod same_words;
pub mod slack_person;
pub mod slack_sender;
pub mod stage;
pub mod test_app;
pub mod work;

/// The pids of the site servers that work below `folder`. Tests run on Linux, as the bot does.
pub fn site_servers(folder: &std::path::Path) -> Vec<u32> {
    let folder = folder.display().to_string();
    let server = |entry: std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        let ours =
            words.iter().any(|word| word == "serve-site") && words.iter().any(|word| word.contains(&folder));
        entry.file_name().to_str()?.parse().ok().filter(|_| ours)
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(server).collect()
}
