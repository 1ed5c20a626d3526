#include "core/flame/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "core/base/files.h"
#include "core/flame/tree.h"
#include "tests/golden/golden.h"

namespace melisai::flame {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Stacks folded_stacks(const std::string& text) {
  return parse_folded(text, {.process_first = true}).stacks;
}

Runs typical_runs() {
  return {.base = {folded_stacks("app;main;parse 60\napp;main;sum 40\n"),
                   folded_stacks("app;main;parse 62\napp;main;sum 38\n")},
          .head = {folded_stacks("app;main;parse 61\napp;main;sum;copy 80\n")}};
}

SvgText typical_text() {
  return {.title = "parse/BM_Small: CPU time", .base = "main 1111111", .head = "fix 2222222"};
}

// "" when an XML parser takes it.
std::string xml_problem(const std::string& svg) {
  const TemporaryDirectory directory = *TemporaryDirectory::make("/tmp", "svg-");
  const std::string path = directory.path() + "/graph.svg";
  std::ofstream(path, std::ios::binary) << svg;
  const std::string command =
      "/usr/bin/python3 -c 'import sys, xml.etree.ElementTree as m; "
      "m.parse(sys.argv[1])' " +
      path + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[256];
  while (fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
  return pclose(pipe) == 0 ? "" : output + "?";
}

TEST(FlameGraph, MatchesTheGolden) {
  golden::expect_golden("flame/difference.svg", render_svg(typical_runs(), typical_text()));
}

TEST(FlameGraph, IsXml) {
  EXPECT_EQ(xml_problem(render_svg(typical_runs(), typical_text())), "");
  EXPECT_EQ(xml_problem(render_svg({}, {})), "");
  EXPECT_EQ(xml_problem(render_svg({.base = {}, .head = {folded_stacks("a;b 1")}}, {})), "");
}

TEST(FlameGraph, ShowsBothSidesAndWhatVanished) {
  const std::string svg = render_svg(typical_runs(), typical_text());
  for (const char* view : {"difference", "base", "head"})
    EXPECT_THAT(svg, HasSubstr("data-view=\"" + std::string(view) + "\" role=\"group\""));
  EXPECT_THAT(svg, HasSubstr("<title>copy\nbase 0 samples (0 %), head 80 samples (56.7 %), +80"));
  EXPECT_THAT(svg, HasSubstr("▲ copy"));
  const std::string one = render_svg({.base = {}, .head = {folded_stacks("app;f 1")}}, {});
  EXPECT_THAT(one, Not(HasSubstr("data-view=\"difference\"")));
  EXPECT_THAT(one, Not(HasSubstr(">▲")));
}

TEST(FlameGraph, NeedsNothingElse) {
  const std::string svg = render_svg(typical_runs(), typical_text());
  for (const char* from_outside : {"href", "@import", "url(", "src=", "fetch(", "XMLHttp", "eval("})
    EXPECT_THAT(svg, Not(HasSubstr(from_outside)));
  std::string rest = svg;  // the names of the two formats are no addresses that anybody visits
  for (const std::string known : {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"})
    rest.replace(rest.find(known), known.size(), "");
  EXPECT_THAT(rest, Not(HasSubstr("http")));
}

// Everything that leaves text and attributes: quotes, markup, ends of the script, bytes that no XML
// may hold, and characters that turn the writing round.
TEST(FlameGraph, EscapesHostileNames) {
  const std::vector<std::string> names{"<script>alert(1)</script>",
                                       "\" onload=\"alert(1)",
                                       "' onclick='x",
                                       "]]></script><script>",
                                       "&lt;&#x3c;",
                                       std::string("nul\0byte", 8),
                                       "\xff\xfe\x80",
                                       "\x1b[31m",
                                       "\xe2\x80\xae"
                                       "gnirts",
                                       "</title></g></svg>",
                                       "<!--",
                                       "<![CDATA[",
                                       "\xf0\x9f\x94\xa5\xf0\x9f",
                                       "a\nb\tc\rd"};
  Stacks stacks;
  for (const std::string& name : names)
    stacks.add(std::vector<StackFrame>{{name, FrameKind::process}, {name}}, 10);
  for (const std::string& name : names) {
    const std::string svg = render_svg({.base = {stacks}, .head = {stacks}},
                                       {.title = name, .base = name, .head = name, .unit = name});
    EXPECT_EQ(xml_problem(svg), "") << name;
    const auto count = [](const std::string& text, const std::string& what) {
      std::size_t found = 0;
      for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++found;
      return found;
    };
    for (const char* once : {"<script", "</script>", "</svg>", "<![CDATA[", "]]>"})
      EXPECT_EQ(count(svg, once), 1u) << once << " by " << name;
    EXPECT_THAT(svg, Not(HasSubstr("\" onload=\"")));
    EXPECT_THAT(svg, Not(HasSubstr(" onclick='")));
    EXPECT_THAT(svg, Not(HasSubstr("\xe2\x80\xae")));
  }
}

TEST(FlameGraph, StaysSmallWhateverTheProfile) {
  std::mt19937 random(3);
  Stacks stacks;
  for (int i = 0; i < 4'000; ++i) {
    std::vector<StackFrame> stack{{"app", FrameKind::process}};
    for (int depth = 0; depth < 60; ++depth)
      stack.push_back({std::string(180, '"') + std::to_string(random() % 50)});
    stacks.add(stack, static_cast<double>(1 + random() % 100));
  }
  Stacks towers;  // each function is wide enough to be shown
  for (int i = 0; i < 700; ++i) {
    std::vector<StackFrame> stack{{"app", FrameKind::process}};
    for (int depth = 0; depth < 60; ++depth)
      stack.push_back({std::string(100, '<') + std::to_string(i) + "." + std::to_string(depth)});
    towers.add(stack, 1);
  }
  for (const Stacks& profile : {stacks, towers}) {
    const std::string svg = render_svg({.base = {profile}, .head = {profile}}, {});
    EXPECT_LE(svg.size(), kSvgBytesMax);
    EXPECT_THAT(svg, HasSubstr(" small functions)"));
    EXPECT_EQ(xml_problem(svg), "");
  }
}

TEST(FlameGraph, IsTheSameForTheSameProfiles) {
  EXPECT_EQ(render_svg(typical_runs(), typical_text()), render_svg(typical_runs(), typical_text()));
}

TEST(Boxes, LieWithinTheirCallers) {
  Tree tree = tree_of(typical_runs());
  const std::vector<Box> boxes = boxes_of(tree, View::difference, 0, 100);
  ASSERT_EQ(boxes.size(), 6u);
  EXPECT_EQ(boxes[0].width, 1);
  for (const Box& box : boxes) {
    EXPECT_GE(box.left, 0);
    EXPECT_LE(box.left + box.width, 1 + 1e-9);
  }
  EXPECT_EQ(tree.name_of(tree[boxes.back().node]), "copy");
  EXPECT_EQ(boxes.back().depth, 4);
}

TEST(Boxes, MergeSmallFunctions) {
  std::string text = "app;big 1000\n";
  for (int i = 0; i < 50; ++i) text += "app;small" + std::to_string(i) + " 1\n";
  Tree tree = tree_of({.base = {folded_stacks(text)}, .head = {folded_stacks(text)}});
  const std::vector<Box> boxes = boxes_of(tree, View::head, 0.01, 100);
  ASSERT_EQ(boxes.size(), 4u);
  EXPECT_EQ(tree.name_of(tree[boxes.back().node]), "(50 small functions)");
  EXPECT_NEAR(boxes.back().width, 50.0 / 1'050, 1e-9);
}

}  // namespace
}  // namespace melisai::flame
