#include "core/measure/formats/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace melisai::formats {
namespace json_reader_test {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Writes down what it is told: "{k:a =1 }"; refuses the number 13.
class Recorder final : public JsonHandler {
 public:
  std::string events;

  Result<void> begin_object() override { return note("{"); }
  Result<void> begin_array() override { return note("["); }
  Result<void> end() override { return note("} "); }
  Result<void> key(std::string& name) override { return note("k:" + name + " "); }
  Result<void> string(std::string& text) override { return note("'" + text + "' "); }
  Result<void> number(double value) override {
    if (value == 13) return Error{Errc::limit, "not that one"};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g ", value);
    return note(text.data());
  }
  Result<void> boolean(bool value) override { return note(value ? "yes " : "no "); }
  Result<void> null() override { return note("null "); }

 private:
  Result<void> note(const std::string& event) {
    events += event;
    return {};
  }
};

/// The events, or the error's message; the same for every way to cut the text.
std::string read(std::string_view text, const Limits& limits = {}) {
  std::string first;
  for (std::size_t chunk = text.size() + 1; chunk >= 1; --chunk) {
    Input input(text, "f", chunk);
    Recorder recorder;
    const Result<void> result = read_json(input, limits, recorder);
    const std::string outcome = result ? recorder.events : result.error().message;
    if (chunk == text.size() + 1) first = outcome;
    EXPECT_EQ(outcome, first) << "cut every " << chunk << " bytes";
  }
  return first;
}

TEST(JsonReader, TellsADocumentAsEvents) {
  EXPECT_EQ(read(" {\"a\" : [1, -2.5e3,true ,false,null,{}],\r\n\t\"b\":\"x\"} \n"),
            "{k:a [1 -2500 yes no null {} } k:b 'x' } ");
  EXPECT_EQ(read("[]"), "[} ");
  EXPECT_EQ(read("42"), "42 ");
}

TEST(JsonReader, DecodesTexts) {
  EXPECT_EQ(read(R"("q\"\\\/\n\u0041\u00b5\u20AC\ud83d\ude00")"),
            "'q\"\\/\nA\u00B5\u20AC\U0001F600' ");
}

TEST(JsonReader, RefusesWhatIsNoUtf8AtItsPlace) {
  const std::string what = ": the text that ends here is not UTF-8";
  EXPECT_EQ(read("\"C:\\\\B\xE9n\""), "f:1:9" + what) << "a path in Latin-1";
  EXPECT_EQ(read(R"("a\ud83dz")"), "f:1:10" + what) << "half a character";
  EXPECT_EQ(read(R"("\ude00")"), "f:1:8" + what);
}

TEST(JsonReader, ReadsTheNumbersThatToolsWriteThoughJsonLacksThem) {
  EXPECT_EQ(read("[NaN, nan,-NaN,Infinity ,-Infinity,inf,-inf]"),
            "[nan nan -nan inf -inf inf -inf } ");
  EXPECT_EQ(read(R"(["NaN", "a NaN, b", "\"NaN"])"), "['NaN' 'a NaN, b' '\"NaN' } ");
  EXPECT_EQ(read("[.5,1.,1e-999,12345678901234567890]"), "[0.5 1 0 1.23457e+19 } ");
}

TEST(JsonReader, RefusesWhatIsNoNumber) {
  EXPECT_EQ(read("[1e999]"), "f:1:2: the number '1e999' is malformed or too large");
  for (const std::string_view bad : {"[1NaN]", "[NaN5]", "[1-2]", "[1.2.3]", "[0x10]", "[-]",
                                     "[--1]", "[1e]", "[True]", "[None]", "[nil]"})
    EXPECT_THAT(read(bad), StartsWith("f:1:2: ")) << bad;
}

TEST(JsonReader, SaysWhereTheTextEndsTooEarly) {
  constexpr std::string_view kText = "{\"a\":\n [1, \"b\\u00e9\", true]}";
  for (std::size_t size = 0; size + 1 < kText.size(); ++size)
    EXPECT_THAT(read(kText.substr(0, size)),
                AllOf(StartsWith("f:"), HasSubstr("not JSON to its end; is the file cut off?")))
        << size;
  EXPECT_THAT(read("{\"a\": 1"), StartsWith("f:1:8: "));
  EXPECT_THAT(read("{\"a\": 1\n"), StartsWith("f:2:1: "));
}

TEST(JsonReader, SaysWhereOtherTextIs) {
  const auto refused_at = [](const std::string& place) {
    return AllOf(StartsWith("f:" + place + ": this is not JSON"), EndsWith("around it?"));
  };
  EXPECT_THAT(read("Running\n{}"), refused_at("1:1"));
  EXPECT_THAT(read("{}\n\n done"), refused_at("3:2"));
  EXPECT_THAT(read("{} {}"), refused_at("1:4"));
  EXPECT_THAT(read("[1,]"), refused_at("1:4"));
  EXPECT_THAT(read("[,1]"), refused_at("1:2"));
  EXPECT_THAT(read("{\"a\":1,}"), refused_at("1:8"));
  EXPECT_THAT(read("{\"a\" 1}"), refused_at("1:6"));
  EXPECT_THAT(read("{1:2}"), refused_at("1:2"));
  EXPECT_THAT(read("[1 2]"), refused_at("1:4"));
  EXPECT_THAT(read("[}"), refused_at("1:2"));
  EXPECT_THAT(read("\"a\nb\""), refused_at("1:3"));
  EXPECT_THAT(read("\"\\q\""), refused_at("1:3"));
  EXPECT_THAT(read("\"\\u12g4\""), refused_at("1:6"));
}

TEST(JsonReader, PassesErrorsOfTheHandlerOnWithTheirPlaceAndCode) {
  Input input("[1,\n 13]", "f");
  Recorder recorder;
  EXPECT_EQ(read_json(input, {}, recorder).error(), (Error{Errc::limit, "f:2:3: not that one"}));
}

TEST(JsonReader, HasLimits) {
  EXPECT_EQ(read("[[[1]]]", {.depth_max = 3}), "[[[1 } } } ");
  EXPECT_EQ(read("[\n[[1]]]", {.depth_max = 2}), "f:2:2: nested deeper than 2 levels");
  const Limits short_texts{.string_bytes_max = 4};
  EXPECT_EQ(read("[\"abcd\"]", short_texts), "['abcd' } ");
  EXPECT_THAT(read("[\"abcde\"]", short_texts), HasSubstr("a text is longer than 4 B"));
  EXPECT_THAT(read("{\"abcde\":1}", short_texts), HasSubstr("a text is longer than 4 B"));
  EXPECT_THAT(read("[" + std::string(5'000, '[')), HasSubstr("nested deeper than 64 levels"));
}

}  // namespace json_reader_test
}  // namespace melisai::formats
