//! A trend as SVG, written by hand: the title is the finding, intervals are a band, n stands below
//! each wave. Pure.

use std::fmt::Write as _;

use super::model::{Findings, Point, Trend};
use crate::surveys::model::score::Scale;

/// In pixels, 2:1; read at half of it, the smallest letters are 14 high.
pub const WIDTH: u32 = 1_200;
pub const HEIGHT: u32 = 600;

const LEFT: f64 = 120.0;
const RIGHT: f64 = 1_040.0;
const TOP: f64 = 168.0;
const BOTTOM: f64 = 490.0;
/// More waves than this are not shown; the latest are.
const MOST: usize = 12;

/// What to draw, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// For the file.
    pub name: String,
    pub alt: String,
    pub light: String,
    pub dark: String,
}

/// Blue on white or on near-black: told apart by every kind of sight, for there is one colour.
struct Theme {
    ground: &'static str,
    ink: &'static str,
    muted: &'static str,
    grid: &'static str,
    accent: &'static str,
}

const LIGHT: Theme =
    Theme { ground: "#ffffff", ink: "#1b1f24", muted: "#57606a", grid: "#d8dee4", accent: "#0b5cad" };
const DARK: Theme =
    Theme { ground: "#0d1117", ink: "#f0f6fc", muted: "#9aa4af", grid: "#30363d", accent: "#6cb6ff" };

/// The waves of a survey that has a score; none where fewer than two may be shown.
pub fn chart(findings: &Findings) -> Option<Chart> {
    let scale = findings.scale?;
    let points = &findings.points[findings.points.len().saturating_sub(MOST)..];
    if points.len() < 2 {
        return None;
    }
    let (title, below) = (title(findings, scale), subtitle(findings, scale));
    let draw = |theme: &Theme| svg(theme, (&title, &below), scale, points);
    let waves: Vec<String> = points.iter().map(|point| spoken(point, scale)).collect();
    Some(Chart {
        name: format!("trend-{}", findings.key),
        alt: format!("{title}. {below}. {}.", waves.join("; ")),
        light: draw(&LIGHT),
        dark: draw(&DARK),
    })
}

/// The finding.
fn title(findings: &Findings, scale: Scale) -> String {
    let unit = if matches!(scale, Scale::Mean { .. }) { "" } else { " points" };
    let way = |value: f64| if value > 0.0 { "Up" } else { "Down" };
    match &findings.trend {
        trend @ Trend::Line { line, .. } => {
            let half = (line.ci95.1 - line.ci95.0) / 2.0;
            if trend.distinct() {
                format!("{}: {:+.1} ± {half:.1}{unit} a wave", way(line.slope), line.slope)
            } else {
                format!("No change to be seen: {:+.1} ± {half:.1}{unit} a wave", line.slope)
            }
        }
        trend @ Trend::Change { by, .. } if trend.distinct() => {
            format!("{}: {}{unit} since the wave before", way(*by), signed(*by, scale))
        }
        Trend::Change { by, least, .. } => {
            format!("No change to be seen: {}, chance up to {}", signed(*by, scale), plain(*least, scale))
        }
        Trend::None => String::new(),
    }
}

fn subtitle(findings: &Findings, scale: Scale) -> String {
    let unit = match scale {
        Scale::Share { .. } => ", %",
        Scale::Points => ", points",
        Scale::Mean { .. } => "",
    };
    let measure = scale.measures(&findings.labels);
    let title: String = findings.title.chars().take(36).collect();
    format!("{title}: {measure}{unit} · band: 95 % interval")
}

fn plain(value: f64, scale: Scale) -> String {
    if matches!(scale, Scale::Mean { .. }) { format!("{value:.1}") } else { format!("{value:.0}") }
}

fn signed(value: f64, scale: Scale) -> String {
    format!("{}{}", if value >= 0.0 { "+" } else { "−" }, plain(value.abs(), scale))
}

/// "72 %", "+30", "3.7".
fn value(point: &Point, scale: Scale) -> String {
    match scale {
        Scale::Share { .. } => format!("{:.0} %", point.estimate.value),
        Scale::Points => signed(point.estimate.value, scale),
        Scale::Mean { .. } => plain(point.estimate.value, scale),
    }
}

fn spoken(point: &Point, scale: Scale) -> String {
    let estimate = &point.estimate;
    let (low, high) = (plain(estimate.low, scale), plain(estimate.high, scale));
    format!("{} {} [{low}, {high}], n = {}", when(&point.period), value(point, scale), estimate.n)
}

/// `2026-11` as "Nov 26", `2026-11-18` as "18 Nov".
fn when(period: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = period.split('-').collect();
    let month = parts
        .get(1)
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|m| MONTHS.get(m.wrapping_sub(1)));
    match (parts.as_slice(), month) {
        ([_, _, day], Some(month)) => format!("{} {month}", day.trim_start_matches('0')),
        ([year, _], Some(month)) => format!("{month} {}", year.get(2..).unwrap_or(year)),
        _ => period.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Where things are.
struct Frame<'a> {
    scale: Scale,
    points: &'a [Point],
}

impl Frame<'_> {
    fn y(&self, value: f64) -> f64 {
        let (least, most) = self.scale.range();
        BOTTOM - (value - least) / (most - least) * (BOTTOM - TOP)
    }

    fn x(&self, place: usize) -> f64 {
        let steps = crate::statistics::count(self.points.len() as u64);
        LEFT + (RIGHT - LEFT) * (crate::statistics::count(place as u64) + 0.5) / steps
    }

    /// The corners of the band: along the upper ends, and back along the lower ones.
    fn band(&self) -> String {
        let all = || self.points.iter().enumerate();
        let corner = |x: f64, value: f64| format!("{x:.1},{:.1}", self.y(value));
        let upper = all().map(|(place, point)| corner(self.x(place), point.estimate.high));
        let lower = all().rev().map(|(place, point)| corner(self.x(place), point.estimate.low));
        upper.chain(lower).collect::<Vec<_>>().join(" ")
    }

    fn line(&self) -> String {
        let corner = |(place, point): (usize, &Point)| {
            format!("{:.1},{:.1}", self.x(place), self.y(point.estimate.value))
        };
        self.points.iter().enumerate().map(corner).collect::<Vec<_>>().join(" ")
    }

    fn ticks(&self) -> Vec<f64> {
        let (least, most) = self.scale.range();
        match self.scale {
            Scale::Mean { places } => (1..=places as u64).map(crate::statistics::count).collect(),
            Scale::Share { .. } | Scale::Points => {
                (0..5).map(|step| least + (most - least) * f64::from(step) / 4.0).collect()
            }
        }
    }
}

fn svg(theme: &Theme, (title, below): (&str, &str), scale: Scale, points: &[Point]) -> String {
    let frame = Frame { scale, points };
    let Theme { ground, ink, muted, grid, accent } = theme;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="Inter">
<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/>
<text x="56" y="76" font-size="42" font-weight="600" fill="{ink}">{}</text>
<text x="56" y="124" font-size="28" fill="{muted}">{}</text>
"#,
        escaped(title),
        escaped(below)
    );
    for tick in frame.ticks() {
        let y = frame.y(tick);
        let _ = writeln!(
            svg,
            r#"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="{grid}" stroke-width="2"/>
<text x="{:.1}" y="{:.1}" font-size="28" text-anchor="end" fill="{muted}">{}</text>"#,
            LEFT - 16.0,
            y + 10.0,
            plain(tick, scale).replace('-', "−")
        );
    }
    let _ = writeln!(
        svg,
        r#"<polygon points="{}" fill="{accent}" fill-opacity="0.24"/>
<polyline points="{}" fill="none" stroke="{accent}" stroke-width="5" stroke-linejoin="round"/>"#,
        frame.band(),
        frame.line()
    );
    marks(&mut svg, theme, &frame);
    svg.push_str("</svg>\n");
    svg
}

/// The dots, what the last one is, and which wave of how many each is.
fn marks(svg: &mut String, Theme { ink, muted, accent, .. }: &Theme, frame: &Frame<'_>) {
    // Labels of many waves would touch each other.
    let every = frame.points.len().div_ceil(7);
    let last = frame.points.len() - 1;
    for (place, point) in frame.points.iter().enumerate() {
        let (x, y) = (frame.x(place), frame.y(point.estimate.value));
        let _ = writeln!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="9" fill="{accent}"/>"#);
        if (last - place).is_multiple_of(every) {
            let _ = writeln!(
                svg,
                r#"<text x="{x:.1}" y="530" font-size="28" text-anchor="middle" fill="{ink}">{}</text>
<text x="{x:.1}" y="566" font-size="26" text-anchor="middle" fill="{muted}">n = {}</text>"#,
                escaped(&when(&point.period)),
                point.estimate.n
            );
        }
        if place == last {
            let _ = writeln!(
                svg,
                r#"<text x="{:.1}" y="{:.1}" font-size="36" font-weight="600" fill="{accent}">{}</text>"#,
                x + 34.0,
                y + 13.0,
                escaped(&value(point, frame.scale))
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_named_as_people_do() {
        assert_eq!([when("2026-11"), when("2026-09-08"), when("x")], ["Nov 26", "8 Sep", "x"]);
    }

    #[test]
    fn a_title_of_anybody_draws_nothing_else() {
        let scale = Scale::Share { from: 4 };
        let estimate = crate::surveys::model::score::estimate(scale, &[0, 1, 0, 4, 4], 9).unwrap();
        let points = [Point { period: "2026-11".into(), estimate }];
        let drawn = svg(&LIGHT, ("<image href=\"x\"/>", "a & b"), scale, &points);
        assert!(!drawn.contains("<image") && drawn.contains("a &amp; b") && drawn.contains("n = 9"));
    }
}
