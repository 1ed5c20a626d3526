#include "core/measure/formats/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::formats {
namespace probe_test {

using ::testing::Contains;
using ::testing::ElementsAre;

TEST(Probe, KnowsTheShapesOfJson) {
  const Probe probe(
      R"({"benchmarks": [{"cpu": 1, "name": "BM"}], "by": {"x": {"t": 2}}, "n": null})", "f");
  EXPECT_EQ(probe.kind(), Probe::Kind::json);
  for (const char* shape : {"benchmarks", "benchmarks[]", "benchmarks[].cpu", "by.x.t", "by.*.t",
                            "*.*.t", "*[].cpu", "*[].*", "n"})
    EXPECT_TRUE(probe.has(shape)) << shape;
  for (const char* shape : {"cpu", "[].cpu", "benchmarks.cpu", "by[].t", "t", ""})
    EXPECT_FALSE(probe.has(shape)) << shape;
  EXPECT_EQ(probe.text_at("benchmarks[].name"), "BM");
  EXPECT_EQ(probe.text_at("none"), "");
  EXPECT_TRUE(Probe("[[1]]", "f").has("[][]"));
  EXPECT_TRUE(Probe(R"({"a.com/x": {"t": 1}})", "f").has("*.t")) << "a name may hold dots";
}

TEST(Probe, SeesWhatComesBeforeTheEndOfTheHead) {
  const std::string text = R"({"a": {"b": 1}, "c": 2})";
  for (std::size_t size = 13; size < text.size(); ++size)
    EXPECT_TRUE(Probe(text.substr(0, size), "f").has("a.b")) << size;
  EXPECT_TRUE(Probe("{\"a\": 1}\n{\"b\": 2}", "f").has("a"));
}

TEST(Probe, KnowsTheElementsOfXml) {
  const Probe probe("<?xml version=\"1.0\"?>\n<run><test name=\"a\"><time/>", "f");
  EXPECT_EQ(probe.kind(), Probe::Kind::xml);
  EXPECT_EQ(probe.root(), "run");
  EXPECT_TRUE(probe.has_element("time"));
  EXPECT_FALSE(probe.has_element("tim"));
}

TEST(Probe, TakesOtherTextForText) {
  for (const std::string text :
       {"[INFO] started\nBM 12 ns", "<no xml\nBM 12 ns", "{oops\nBM 12 ns"}) {
    const Probe probe(text, "f");
    EXPECT_EQ(probe.kind(), Probe::Kind::text) << text;
    EXPECT_THAT(probe.lines(), Contains("BM 12 ns")) << text;
    EXPECT_TRUE(probe.has_line_starting("BM 12"));
    EXPECT_TRUE(probe.has_line_with("12 ns"));
    EXPECT_FALSE(probe.has_line_starting("12"));
  }
  EXPECT_THAT(Probe("\x1B[1ma\x1B[m\r\nb", "f").lines(), ElementsAre("a", "b"));
}

TEST(Probe, StaysSmallWhereNamesAreLong) {
  std::string text = "{\"" + std::string(100'000, 'x') + "\": {";
  for (int i = 0; i < 10'000; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  const Probe probe(text, "f");
  EXPECT_TRUE(probe.has(std::string(100, 'x') + ".k0"));
}

}  // namespace probe_test
}  // namespace melisai::formats
