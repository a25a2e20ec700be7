//! The chart. Each row of the table has a mark for each contender, at the ratio of its time to the best peer's, on a logarithmic
//! scale.

use std::fmt::Write as _;

use super::report::{NAMES, Row, is_ours};

const COLOURS: [&str; 6] = ["#0b6e4f", "#3fa34d", "#a3c644", "#c1440e", "#e58b45", "#5b5f97"];
const ROW: f64 = 22.0;
const LEFT: f64 = 470.0;
const WIDTH: f64 = 480.0;
const TOP: f64 = 60.0;
/// The ratios at the ends of the scale.
const ENDS: [f64; 2] = [0.25, 8.0];

pub fn svg(rows: &[Row]) -> String {
    let height = TOP + ROW * rows.len() as f64 + 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        LEFT + WIDTH + 20.0,
    );
    for (i, (name, colour)) in NAMES.iter().zip(COLOURS).enumerate() {
        let x = 10.0 + 155.0 * i as f64;
        let _ = writeln!(svg, "{}<text x=\"{}\" y=\"20\">{name}</text>", mark(name, x + 5.0, 16.0, colour), x + 15.0);
    }
    for ratio in [0.25, 0.5, 1.0, 2.0, 4.0, 8.0] {
        let x = place(ratio);
        let stroke = if ratio == 1.0 { "#333" } else { "#ddd" };
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{}\" stroke=\"{stroke}\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{ratio}</text>",
            height - 20.0,
            TOP - 8.0,
        );
    }
    for (i, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", LEFT - 10.0, y + 4.0, row.name);
        let Some(best) = row.best_peer() else { continue };
        for ((name, colour), cell) in NAMES.iter().zip(COLOURS).zip(row.cells) {
            if let Some([time, _]) = cell {
                svg += &mark(name, place(time / best), y, colour);
            }
        }
        svg += "\n";
    }
    svg + "</svg>\n"
}

/// Ours are squares, the peers circles.
fn mark(name: &str, x: f64, y: f64, colour: &str) -> String {
    if is_ours(name) {
        format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"9\" height=\"9\" fill=\"{colour}\"/>", x - 4.5, y - 4.5)
    } else {
        format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{colour}\"/>")
    }
}

fn place(ratio: f64) -> f64 {
    let [low, high] = ENDS;
    LEFT + WIDTH * (ratio.clamp(low, high) / low).log2() / (high / low).log2()
}
