#include "core/measure/formats/xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::formats {
namespace xml_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Writes down "<a x=1 >" and "text</a>"; refuses elements called "bad".
class Recorder final : public XmlHandler {
 public:
  std::string events;

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    if (element == "bad") return Error{Errc::limit, "not that one"};
    events += "<" + element;
    for (const auto& [name, value] : attributes) events += " " + name + "=" + value;
    events += ">";
    return {};
  }
  Result<void> end(const std::string& element, const std::string& text) override {
    events += text + "</" + element + ">";
    return {};
  }
};

std::string read(std::string_view text, const Limits& limits = {}) {
  std::string first;
  const std::size_t least = text.size() < 500 ? 1 : text.size() / 3;
  for (std::size_t chunk = text.size() + 1; chunk >= least; --chunk) {
    Input input(text, "f", chunk);
    Recorder recorder;
    const Result<void> result = read_xml(input, limits, recorder);
    const std::string outcome = result ? recorder.events : result.error().message;
    if (chunk == text.size() + 1) first = outcome;
    EXPECT_EQ(outcome, first) << "cut every " << chunk << " bytes";
    if (text.size() >= 500) chunk = chunk > least ? least + 1 : chunk;
  }
  return first;
}

TEST(Xml, IsToldAsEvents) {
  EXPECT_EQ(
      read("<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<a x='1' b='&lt;&#181;'>\n  t&amp;u\n"
           " <c/><![CDATA[<v>]]></a>\n"),
      "<a b=<\u00B5 x=1><c></c>\n  t&u<v></a>");
}

TEST(Xml, ErrorsHaveTheirPlace) {
  EXPECT_THAT(read("<a>\n <b></a>"), StartsWith("f:2:7: this is not XML: mismatched tag"));
  EXPECT_THAT(read("<a>\n <b>"), StartsWith("f:2:5: this is not XML"));
  EXPECT_THAT(read(""), StartsWith("f:1:1: this is not XML"));
  EXPECT_THAT(read("<a/>\ntext"), StartsWith("f:2:1: this is not XML"));
  EXPECT_THAT(read("<a>\n <bad/></a>"), StartsWith("f:2:2: not that one"));
  EXPECT_THAT(read("<a>\xE9</a>"), StartsWith("f:1:4: this is not XML"));
}

TEST(Xml, RefusesWhatBombsAreMadeOf) {
  EXPECT_THAT(read("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"),
              AllOf(StartsWith("f:1:"), HasSubstr("document type")));
}

TEST(Xml, HasLimits) {
  EXPECT_EQ(read("<a><b/></a>", {.depth_max = 2}), "<a><b></b></a>");
  EXPECT_THAT(read("<a><b/></a>", {.depth_max = 1}), StartsWith("f:1:4: nested deeper than 1 "));
  const Limits short_texts{.string_bytes_max = 4};
  EXPECT_EQ(read("<a>abcd</a>", short_texts), "<a>abcd</a>");
  EXPECT_THAT(read("<a>abcde</a>", short_texts), HasSubstr("longer than 4 B"));
  EXPECT_THAT(read("<a>ab<b/>cde</a>", short_texts), HasSubstr("longer than 4 B"));
  EXPECT_THAT(read("<a bc='def'/>", short_texts), HasSubstr("longer than 4 B"));
}

TEST(Xml, DoesNotCountWhatSeparatesElements) {
  std::string many = "<a>";
  for (int i = 0; i < 100; ++i) many += "\n  <b/>";
  EXPECT_THAT(read(many + "\n</a>", {.string_bytes_max = 10}), StartsWith("<a><b></b><b></b>"));
}

TEST(Xml, DoesNotKeepACommentOrATagThatNeverEnds) {
  const std::string start = std::string(5 << 20, 'x');
  const Limits limits{.string_bytes_max = 1 << 10};
  EXPECT_THAT(read("<a><!--" + start, limits), AllOf(StartsWith("f:1:"), HasSubstr("longer than")));
  EXPECT_THAT(read("<a " + start, limits), HasSubstr("longer than"));
}

}  // namespace xml_test
}  // namespace melisai::formats
