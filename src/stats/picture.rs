//! From SVG to PNG, in the process: no browser, no fonts of the machine, each picture once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use super::chart::{Chart, HEIGHT, WIDTH};
use crate::chat::attachment::Picture;

/// Inter, cut down to Western European letters; its licence stands beside it.
const FONTS: [&[u8]; 2] =
    [include_bytes!("fonts/Inter-Regular.otf"), include_bytes!("fonts/Inter-SemiBold.otf")];
/// How many pictures are remembered.
const KEPT: usize = 32;

/// Draws, and remembers what it drew.
#[derive(Clone)]
pub struct Studio {
    fonts: Arc<Database>,
    drawn: Arc<Mutex<VecDeque<(Chart, Picture)>>>,
}

impl Default for Studio {
    fn default() -> Self {
        let mut fonts = Database::new();
        FONTS.iter().for_each(|font| fonts.load_font_data(font.to_vec()));
        Studio { fonts: Arc::new(fonts), drawn: Arc::default() }
    }
}

impl Studio {
    /// The chart as a picture. It takes a core for a moment, which is not one of those that answer.
    /// `None`, and a line in the log, where it cannot be drawn: words go without it.
    pub async fn picture(&self, chart: Chart) -> Option<Picture> {
        if let Some(known) = self.known(&chart) {
            return Some(known);
        }
        let (fonts, sources) = (self.fonts.clone(), (chart.light.clone(), chart.dark.clone()));
        let drawing =
            tokio::task::spawn_blocking(move || Some((png(&sources.0, &fonts)?, png(&sources.1, &fonts)?)));
        let Ok(Some((light, dark))) = drawing.await else {
            tracing::warn!(chart = chart.name, "a picture could not be drawn");
            return None;
        };
        let picture = Picture::new(&chart.name, &chart.alt, light, dark);
        if let Ok(mut drawn) = self.drawn.lock() {
            drawn.push_front((chart, picture.clone()));
            drawn.truncate(KEPT);
        }
        Some(picture)
    }

    fn known(&self, chart: &Chart) -> Option<Picture> {
        let drawn = self.drawn.lock().ok()?;
        drawn.iter().find(|(known, _)| known == chart).map(|(_, picture)| picture.clone())
    }
}

/// The bytes of the PNG.
fn png(svg: &str, fonts: &Arc<Database>) -> Option<Vec<u8>> {
    let options = Options { fontdb: fonts.clone(), font_family: "Inter".into(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).ok()?;
    let mut pixels = Pixmap::new(WIDTH, HEIGHT)?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_picture_is_drawn_once_and_letters_come_from_our_own_font() {
        let svg = |text: &str| {
            format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="600"><text x="9" y="99" font-size="90">{text}</text></svg>"#
            )
        };
        let chart = |text: &str| Chart { name: "t".into(), alt: "a".into(), light: svg(text), dark: svg("") };
        let studio = Studio::default();
        let drawn = studio.picture(chart("±72 %")).await.unwrap();
        assert_eq!((drawn.width, drawn.height), (WIDTH, HEIGHT));
        assert_ne!(drawn.light, drawn.dark, "without a font there are no letters");
        assert_eq!(studio.picture(chart("±72 %")).await, Some(drawn));
        assert_eq!(studio.drawn.lock().unwrap().len(), 1);
    }
}
