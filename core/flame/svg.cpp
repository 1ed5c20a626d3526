#include "core/flame/svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>

#include "core/base/text.h"
#include "core/flame/svg_script.h"
#include "core/flame/tree.h"

namespace melisai::flame {
namespace {

constexpr double kWidth = 1'180;  // of the root, in pixels; the script knows it too
constexpr int kLeft = 10;
constexpr int kRow = 18;
constexpr int kTop = 92;
constexpr int kDepthShown = 128;
constexpr double kWidthMin = 0.0005;  // two fifths of a pixel; more when the file gets too large
constexpr double kCharacter = 6.6;    // pixels
constexpr std::size_t kNameShown = 160;
constexpr std::size_t kTextMax = 300;
constexpr std::size_t kBoxBytesMin = 200;  // of the text of one

/// Text of strangers inside XML: printable first, then without anything that is markup.
std::string xml(std::string_view hostile, std::size_t characters = kTextMax) {
  std::string clean = printable(hostile.substr(0, 4 * characters));
  std::string out;
  std::size_t count = 0;
  for (std::size_t at = 0; at < clean.size(); ++count) {
    if (count == characters) return out + "…";
    const std::size_t length = std::max<std::size_t>(1, utf8_length(clean.substr(at, 4)));
    switch (clean[at]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.append(clean, at, length);
    }
    at += length;
  }
  return out;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  std::string out(text.data(), static_cast<std::size_t>(std::clamp(size, 0, 63)));
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

std::string amount(double value) {
  return fixed(value, std::fabs(value) < 10 ? 2 : std::fabs(value) < 100 ? 1 : 0);
}

std::string percent(double part, double whole) {
  return whole > 0 ? fixed(part / whole * 100, 1) + " %" : "-";
}

struct Colour {
  double red, green, blue;
};

std::string hex(const Colour& from, const Colour& to, double part) {
  const auto mix = [&](double a, double b) {
    return static_cast<int>(std::lround(a + (b - a) * part));
  };
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x",
                static_cast<unsigned>(mix(from.red, to.red) & 255),
                static_cast<unsigned>(mix(from.green, to.green) & 255),
                static_cast<unsigned>(mix(from.blue, to.blue) & 255));
  return text.data();
}

// Blue and orange stay apart for every kind of colour blindness (Okabe, Ito, Color Universal
// Design, 2008), and black text is readable on both.
constexpr Colour kNeutral{240, 240, 240};
constexpr Colour kGrew{235, 120, 40};
constexpr Colour kShrank{85, 155, 215};

std::string_view colour_of(FrameKind kind) {
  switch (kind) {
    case FrameKind::program: return "#f3cf8a";
    case FrameKind::library: return "#f7e6bd";
    case FrameKind::kernel: return "#b9d3ea";
    case FrameKind::jit: return "#bfe3d4";
    case FrameKind::unknown:
    case FrameKind::process: break;
  }
  return "#dedede";
}

class Graph {
 public:
  Graph(const Runs& runs, const SvgText& text)
      : tree_(tree_of(runs)),
        whole_(tree_.nodes.size()),
        text_(text),
        both_(!runs.base.empty() && !runs.head.empty()) {
    if (both_)
      views_ = {View::difference, View::base, View::head};
    else if (runs.base.empty())
      views_ = {View::head};
    else
      views_ = {View::base};
  }

  /// Nothing where so many boxes cannot fit.
  std::optional<std::string> render(double width_min) {
    Tree& tree = tree_;
    tree.nodes.resize(whole_);  // without what the last attempt merged
    std::vector<std::vector<Box>> boxes;
    int depth = 0;
    std::size_t count = 0;
    for (const View view : views_) {
      boxes.push_back(boxes_of(tree, view, width_min, kDepthShown));
      count += boxes.back().size();
      for (const Box& box : boxes.back()) depth = std::max(depth, box.depth);
    }
    if (count > kSvgBytesMax / kBoxBytesMin) return std::nullopt;
    const int height = kTop + (depth + 1) * kRow + 16;
    std::string out = head(height);
    for (std::size_t i = 0; i < views_.size(); ++i)
      out += group(tree, views_[i], boxes[i], kTop + depth * kRow, i > 0);
    out += "<script type=\"text/ecmascript\"><![CDATA[";
    out += kSvgScript;
    return out + "]]></script>\n</svg>\n";
  }

 private:
  static std::string_view word(View view) {
    switch (view) {
      case View::base: return "base";
      case View::head: return "head";
      case View::difference: break;
    }
    return "difference";
  }

  std::string button(std::string_view id, std::string_view label, double x, bool view,
                     bool pressed) const {
    return "<g class=\"button\" role=\"button\" tabindex=\"0\" " +
           (view ? "data-view=\"" + std::string(id) + "\" aria-pressed=\"" +
                       (pressed ? "true" : "false") + "\""
                 : "id=\"" + std::string(id) + "\"") +
           "><rect x=\"" + fixed(x, 0) +
           "\" y=\"48\" width=\"84\" height=\"20\" rx=\"3\"/><text x=\"" + fixed(x + 8, 0) +
           "\" y=\"62\">" + std::string(label) + "</text></g>\n";
  }

  std::string head(int height) const {
    const std::string sides =
        both_ ? "base " + xml(text_.base, 80) + ", head " + xml(text_.head, 80) : "";
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"1200\" height=\"" +
        std::to_string(height) + "\" viewBox=\"0 0 1200 " + std::to_string(height) +
        "\" role=\"group\" aria-labelledby=\"title description\">\n<title id=\"title\">" +
        xml(text_.title) +
        "</title>\n<desc id=\"description\">Flame graph: a box is a function, the "
        "boxes above it are what it called, and its width is its " +
        xml(text_.unit, 40) + " per run" +
        (both_ ? ". In the difference the width is the mean of both sides; orange and an arrow up "
                 "grew, blue and an arrow down shrank."
               : ".") +
        "</desc>\n<style>" + std::string(kSvgStyle) +
        "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"10\" y=\"20\" "
        "style=\"font-size:15px;font-weight:bold\">" +
        xml(text_.title, 140) + "</text>\n<text x=\"10\" y=\"38\">" + sides + "</text>\n" +
        "<g id=\"controls\" class=\"hidden\">\n";
    double x = kLeft;
    if (both_)
      for (const View view : views_) {
        out += button(word(view), word(view), x, true, view == views_[0]);
        x += 92;
      }
    out += button("reset", "reset zoom", x, false, false);
    out += "<foreignObject x=\"" + fixed(x + 92, 0) +
           "\" y=\"46\" width=\"220\" height=\"26\"><input xmlns=\"http://www.w3.org/1999/xhtml\" "
           "id=\"search\" type=\"search\" placeholder=\"search functions\" aria-label=\"search "
           "functions\"/></foreignObject>\n</g>\n<text id=\"status\" x=\"10\" y=\"84\" "
           "aria-live=\"polite\"/>\n";
    return out;
  }

  std::string describe(const Node& node, const Tree& tree) const {
    const auto side = [&](double value, double whole) {
      return amount(value * text_.scale) + " " + xml(text_.unit, 40) + " (" +
             percent(value, whole) + ")";
    };
    if (!both_) return side(node.base + node.head, tree[0].base + tree[0].head) + " per run";
    const double change = (node.head - node.base) * text_.scale;
    return "base " + side(node.base, tree[0].base) + ", head " + side(node.head, tree[0].head) +
           ", " + (change > 0 ? "+" : "") + amount(change) + " per run";
  }

  static std::string fill(const Tree& tree, const Node& node, View view, double change_max) {
    if (view != View::difference) return std::string(colour_of(tree.kind_of(node)));
    const double change = node.head - node.base;
    const double part = change_max > 0 ? std::min(1.0, std::fabs(change) / change_max) : 0;
    return hex(kNeutral, change > 0 ? kGrew : kShrank, std::sqrt(part));
  }

  // The root says how much all grew; the scale of the colours is that of the functions.
  static double largest_change(const Tree& tree, const std::vector<Box>& boxes) {
    double largest = 0;
    for (const Box& box : boxes)
      if (box.depth > 0)
        largest = std::max(largest, std::fabs(tree[box.node].head - tree[box.node].base));
    return largest;
  }

  std::string group(const Tree& tree, View view, const std::vector<Box>& boxes, int bottom,
                    bool hidden) const {
    std::string out = "<g class=\"view" + std::string(hidden ? " hidden" : "") + "\" data-view=\"" +
                      std::string(word(view)) + "\" role=\"group\" aria-label=\"" +
                      std::string(word(view)) + "\">\n";
    const double largest = largest_change(tree, boxes);
    for (const Box& box : boxes) {
      const Node& node = tree[box.node];
      const std::string name = tree.name_of(node);
      const double change = node.head - node.base;
      // Half a per cent of the run: below it an arrow would be noise.
      const bool moved = view == View::difference &&
                         std::fabs(change) > 0.005 * std::max(tree[0].base, tree[0].head);
      const std::string sign = !moved ? "" : change > 0 ? "▲ " : "▼ ";
      const double pixels = box.width * kWidth;
      const int y = bottom - box.depth * kRow;
      out +=
          "<g class=\"box\" role=\"img\" tabindex=\"" + std::string(box.depth == 0 ? "0" : "-1") +
          "\" data-x=\"" + fixed(box.left * 1'000, 4) + "\" data-w=\"" +
          fixed(box.width * 1'000, 4) + "\" data-d=\"" + std::to_string(box.depth) + "\"" +
          (sign.empty() ? "" : " data-sign=\"" + sign + "\"") + "><title>" + xml(name, kNameShown) +
          "\n" + describe(node, tree) + "</title><rect x=\"" + fixed(kLeft + box.left * kWidth, 2) +
          "\" y=\"" + std::to_string(y) + "\" width=\"" + fixed(pixels, 2) + "\" height=\"" +
          std::to_string(kRow - 1) + "\" fill=\"" + fill(tree, node, view, largest) +
          "\"/><text x=\"" + fixed(kLeft + 3 + box.left * kWidth, 2) + "\" y=\"" +
          std::to_string(y + 13) + "\">" + label(sign, name, pixels) + "</text></g>\n";
    }
    return out + "</g>\n";
  }

  static std::string label(const std::string& sign, const std::string& name, double pixels) {
    const double room = (pixels - 6) / kCharacter - (sign.empty() ? 0 : 2);
    if (room < 3) return "";
    const auto characters = static_cast<std::size_t>(room);
    return sign + (characters > name.size() ? xml(name, characters) : xml(name, characters - 1));
  }

  Tree tree_;
  std::size_t whole_;  // nodes of `tree_` that are functions
  const SvgText& text_;
  bool both_;
  std::vector<View> views_;
};

}  // namespace

std::string render_svg(const Runs& runs, const SvgText& text) {
  Graph graph(runs, text);
  for (double width_min = kWidthMin; width_min < 1; width_min *= 2)
    if (std::optional<std::string> svg = graph.render(width_min);
        svg && svg->size() <= kSvgBytesMax)
      return *std::move(svg);
  return graph.render(1).value_or("");  // the root alone, as deep as nothing branches
}

}  // namespace melisai::flame
