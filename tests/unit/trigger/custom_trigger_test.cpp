#include "core/trigger/custom_trigger.h"

#include <gmock/gmock.h>

#include <random>

namespace melisai::trigger {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kSha(40, 'a');
const std::string kLongSha(64, '0');

TEST(CustomTrigger, ALineNamesACommitOrAPipelineOrBoth) {
  EXPECT_EQ(
      parse_custom_firing(R"({"ref":"main","sha":")" + kSha + R"(","params":{"k":"v"}})").value(),
      (CustomFiring{.ref = "refs/heads/main",
                    .sha = kSha,
                    .pipeline = "",
                    .id = "",
                    .params = {{"k", "v"}}}));
  EXPECT_EQ(parse_custom_firing(R"( {"pipeline":"nightly","params":{}} )"
                                "\r")
                .value(),
            (CustomFiring{.ref = "", .sha = "", .pipeline = "nightly", .id = "", .params = {}}));
  EXPECT_EQ(
      parse_custom_firing(R"({"ref":"refs/tags/v1","pipeline":"deploy","sha":")" + kLongSha +
                          R"("})")
          .value(),
      (CustomFiring{
          .ref = "refs/tags/v1", .sha = kLongSha, .pipeline = "deploy", .id = "", .params = {}}));
}

TEST(CustomTrigger, ALineMayHaveAnId) {
  EXPECT_EQ(parse_custom_firing(R"({"pipeline":"n","id":"mail-17"})")->id, "mail-17");
}

TEST(CustomTrigger, DigitsOfACommitBecomeLowerCase) {
  EXPECT_EQ(parse_custom_firing(R"({"ref":"main","sha":")" + std::string(40, 'A') + R"("})")->sha,
            kSha);
}

struct WrongLine {
  const char* name;
  std::string line;
  const char* problem;
};

class WrongLines : public testing::TestWithParam<WrongLine> {};

TEST_P(WrongLines, SayWhatIsAllowed) {
  const auto firing = parse_custom_firing(GetParam().line);
  ASSERT_FALSE(firing);
  EXPECT_EQ(firing.error().code, Errc::parse);
  EXPECT_THAT(firing.error().message, HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongLines,
    testing::Values(
        WrongLine{"Empty", "", "not a JSON object"},
        WrongLine{"Text", "hello", "not a JSON object"},
        WrongLine{"Array", "[]", "not a JSON object"},
        WrongLine{"Cut", R"({"pipeline":"n)", "not a JSON object"},
        WrongLine{"Two", R"({"pipeline":"n"}{"pipeline":"n"})", "not a JSON object"},
        WrongLine{"Deep", std::string(60'000, '['), "not a JSON object"},
        WrongLine{"DeepParams",
                  R"({"params":)" + std::string(30'000, '[') + std::string(30'000, ']') + "}",
                  "'params' is not an object"},
        WrongLine{"NotUtf8", "{\"pipeline\":\"\xff\"}", "not a JSON object"},
        WrongLine{"Nothing", "{}", "names nothing to start"},
        WrongLine{"RefAlone", R"({"ref":"main"})", "'ref' and 'sha' belong together"},
        WrongLine{"ShaAlone", R"({"pipeline":"n","sha":")" + kSha + R"("})",
                  "'ref' and 'sha' belong together"},
        WrongLine{"Unknown", R"({"pipline":"n"})", "unknown key 'pipline'; allowed: ref, sha"},
        WrongLine{"PipelineIsNumber", R"({"pipeline":1})", "'pipeline' is not a text"},
        WrongLine{"PipelineEmpty", R"({"pipeline":""})", "'pipeline' '' is no name"},
        WrongLine{"PipelineOption", R"({"pipeline":"--all"})", "is no name"},
        WrongLine{"PipelineControl", R"({"pipeline":"a\u001b"})", "is no name"},
        WrongLine{"PipelineLong", R"({"pipeline":")" + std::string(1001, 'x') + R"("})",
                  "is no name"},
        WrongLine{"RefOption", R"({"ref":"-x","sha":")" + kSha + R"("})", "is no name"},
        WrongLine{"RefNul", R"({"ref":"a\u0000b","sha":")" + kSha + R"("})", "is no name"},
        WrongLine{"RefPull", R"({"ref":"refs/pull/1/head","sha":")" + kSha + R"("})",
                  "code that anybody may propose"},
        WrongLine{"RefNotes", R"({"ref":"refs/notes/x","sha":")" + kSha + R"("})",
                  "neither a branch nor a tag"},
        WrongLine{"IdNumber", R"({"pipeline":"n","id":1})", "'id' is not a text"},
        WrongLine{"IdControl", R"({"pipeline":"n","id":"a\u001b"})", "is no name"},
        WrongLine{"ShaShort", R"({"ref":"main","sha":"abc"})", "write 40 or 64 hex digits"},
        WrongLine{"ShaNoHex", R"({"ref":"main","sha":")" + std::string(40, 'g') + R"("})",
                  "write 40 or 64 hex digits"},
        WrongLine{"ParamsArray", R"({"pipeline":"n","params":[]})", "'params' is not an object"},
        WrongLine{"ParamNumber", R"({"pipeline":"n","params":{"k":1}})", "'k' is not a text"},
        WrongLine{"ParamName", R"({"pipeline":"n","params":{"a=b":"v"}})",
                  "write 1 to 100 letters, digits and '_'"},
        WrongLine{"ParamNameEmpty", R"({"pipeline":"n","params":{"":"v"}})", "no usable name"},
        WrongLine{"ParamNul", R"({"pipeline":"n","params":{"k":"\u0000"}})", "NUL"}),
    [](const auto& instance) { return instance.param.name; });

TEST(CustomTrigger, AtMostAHundredParameters) {
  std::string params;
  for (int i = 0; i < 100; ++i) params += "\"k" + std::to_string(i) + "\":\"\",";
  EXPECT_TRUE(parse_custom_firing(R"({"pipeline":"n","params":{)" +
                                  params.substr(0, params.size() - 1) + "}}"));
  EXPECT_THAT(
      parse_custom_firing(R"({"pipeline":"n","params":{)" + params + R"("k":""}})").error().message,
      HasSubstr("more than 100 params"));
}

constexpr const char* kLine = "{\"pipeline\":\"nightly\"}\n";

TEST(CustomTriggerReader, LinesMayBeCutAnywhere) {
  CustomTriggerReader reader("hook");
  int firings = 0;
  for (const char c : std::string(kLine) + kLine)
    firings += static_cast<int>(reader.add({&c, 1}, 1s)->firings.size());
  EXPECT_EQ(firings, 2);
}

TEST(CustomTriggerReader, AWrongLineIsNamedAndTheNextIsRead) {
  CustomTriggerReader reader("hook");
  const auto batch = reader.add(std::string(kLine) + "nonsense\n" + kLine, 1s).value();
  EXPECT_EQ(batch.firings.size(), 2u);
  ASSERT_EQ(batch.errors.size(), 1u);
  EXPECT_THAT(batch.errors.front().message, StartsWith("hook:2: not a JSON object"));
}

TEST(CustomTriggerReader, TheLastLineNeedsNoNewline) {
  CustomTriggerReader reader("hook");
  EXPECT_TRUE(reader.add("{\"pipeline\":\"nightly\"}", 1s)->firings.empty());
  EXPECT_EQ(reader.finish(1s)->firings.size(), 1u);
  EXPECT_TRUE(reader.finish(1s)->firings.empty());
  EXPECT_TRUE(reader.finish(1s)->errors.empty());
}

TEST(CustomTriggerReader, ALineThatDoesNotEndIsTheEnd) {
  CustomTriggerReader reader("hook");
  EXPECT_TRUE(reader.add(kLine, 1s));
  EXPECT_TRUE(reader.add(std::string(64 << 10, ' '), 1s));
  const auto batch = reader.add(" ", 1s);
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, Errc::limit);
  EXPECT_THAT(batch.error().message, HasSubstr("hook:2"));
}

TEST(CustomTriggerReader, MoreThanAHundredLinesAMinuteAreCountedNotRead) {
  CustomTriggerReader reader("hook");
  std::string flood;
  for (int i = 0; i < 150; ++i) flood += i % 2 == 0 ? kLine : "nonsense\n";
  const MonotonicTime start = 1h;
  const auto batch = reader.add(flood, start).value();
  EXPECT_EQ(batch.firings.size() + batch.errors.size(), 100u);
  EXPECT_EQ(reader.dropped(), 50u);
  EXPECT_TRUE(reader.add(kLine, start + 59s)->firings.empty());
  EXPECT_EQ(reader.dropped(), 51u);
  EXPECT_EQ(reader.add(kLine, start + 60s)->firings.size(), 1u);
  EXPECT_EQ(reader.dropped(), 51u);
}

TEST(CustomTriggerReader, AnyBytesAreSurvived) {
  std::mt19937_64 engine(20261121);
  const std::string alphabet = "{}[]\":,\\ \nabrefshpiln0123\xff";
  CustomTriggerReader reader("hook");
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (int k = 0; k < 50; ++k) bytes += alphabet[engine() % alphabet.size()];
    ASSERT_TRUE(reader.add(bytes + "\n", std::chrono::minutes(i)));
  }
}

}  // namespace
}  // namespace melisai::trigger
