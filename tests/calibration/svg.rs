//! Numbers -> plots as SVG texts: curves over looks, and bars.
//!
//! Not here: what is plotted.

use std::fmt::Write;

/// Shares (0 to 1) over looks, a line each with its name at its end.
pub fn curves(title: &str, curves: &[(&'static str, Vec<f64>)]) -> String {
    let most = curves.iter().flat_map(|(_, curve)| curve).copied().fold(0.05, f64::max);
    let mut body = String::new();
    for (index, (name, curve)) in curves.iter().enumerate() {
        let place = |(look, share): (usize, &f64)| {
            let x = LEFT + PLOT_WIDTH * look as f64 / (curve.len().max(2) - 1) as f64;
            format!("{x:.1},{:.1}", TOP + PLOT_HEIGHT * (1.0 - share / most))
        };
        let points: Vec<String> = curve.iter().enumerate().map(place).collect();
        let colour = COLOURS[index % COLOURS.len()];
        let end = curve.last().copied().unwrap_or(0.0);
        let y = TOP + PLOT_HEIGHT * (1.0 - end / most);
        let _ =
            writeln!(body, "<polyline fill='none' stroke='{colour}' stroke-width='2' points='{}'/>", points.join(" "));
        let _ = writeln!(
            body,
            "<text x='{:.0}' y='{y:.0}' fill='{colour}'>{name} {:.1} %</text>",
            LEFT + PLOT_WIDTH + 6.0,
            100.0 * end
        );
    }
    let base = TOP + PLOT_HEIGHT;
    let _ = writeln!(body, "<line x1='{LEFT}' y1='{base}' x2='{}' y2='{base}' stroke='#888'/>", LEFT + PLOT_WIDTH);
    let _ = writeln!(body, "<text x='{LEFT}' y='{}'>look 0</text>", base + 18.0);
    let _ = writeln!(body, "<text x='{}' y='{}'>look 100</text>", LEFT + PLOT_WIDTH - 50.0, base + 18.0);
    page(title, &body, base + 30.0)
}

/// A bar for each value, with its name and number; `most` is a whole bar.
pub fn bars(title: &str, bars: &[(String, f64)], most: f64) -> String {
    let mut body = String::new();
    for (index, (name, value)) in bars.iter().enumerate() {
        let y = TOP + BAR_STEP * index as f64;
        let width = BAR_WIDTH * value / most;
        let shown = if most <= 1.0 { format!("{:.1} %", 100.0 * value) } else { format!("{value:.0}") };
        let _ = writeln!(body, "<text x='{:.0}' y='{:.0}' text-anchor='end'>{name}</text>", BAR_LEFT - 6.0, y + 11.0);
        let _ = writeln!(body, "<rect x='{BAR_LEFT}' y='{y}' width='{width:.1}' height='13' fill='{}'/>", COLOURS[1]);
        let _ = writeln!(body, "<text x='{:.0}' y='{:.0}'>{shown}</text>", BAR_LEFT + width + 5.0, y + 11.0);
    }
    page(title, &body, TOP + BAR_STEP * bars.len() as f64 + 10.0)
}

fn page(title: &str, body: &str, height: f64) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' \
         font-family='sans-serif' font-size='11'>\n<rect width='100%' height='100%' fill='white'/>\n\
         <text x='20' y='22' font-size='14'>{title}</text>\n{body}</svg>\n"
    )
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 40.0;
const TOP: f64 = 40.0;
const PLOT_WIDTH: f64 = 550.0;
const PLOT_HEIGHT: f64 = 260.0;
const BAR_LEFT: f64 = 330.0;
const BAR_WIDTH: f64 = 320.0;
const BAR_STEP: f64 = 18.0;
const COLOURS: [&str; 3] = ["#b03a2e", "#1f618d", "#117a65"];
