#include "core/serve/pinned.h"

#include <gmock/gmock.h>

namespace melisai::serve {
namespace pinned_test {

using ::testing::HasSubstr;

TEST(Pinned, ComesBackAsItWas) {
  const Pinned pinned{"version: 1\n# \"ünïcode\" \\ \t\n", "git: {}\n"};
  EXPECT_EQ(pinned_from_json(to_json(pinned)).value(), pinned);
  EXPECT_EQ(pinned_from_json(to_json(Pinned{})).value(), Pinned{});
  const Pinned with_workflows{"version: 1\n", "git: {}\n", {"w: {}", "\"x\": {}\n"}};
  EXPECT_EQ(pinned_from_json(to_json(with_workflows)).value(), with_workflows);
}

TEST(Pinned, BytesThatAreNoTextDoNotKeepTheRestFromComingBack) {
  EXPECT_EQ(pinned_from_json(to_json({"a\xff", "b"})).value(), (Pinned{"a\uFFFD", "b"}));
}

TEST(Pinned, DamageIsAnError) {
  for (const char* text : {"", "{", "[]", "null", R"({"pipeline_file": "x"})",
                           R"({"serve_file": "x"})", R"({"pipeline_file": 1, "serve_file": "x"})",
                           R"({"pipeline_file": "x", "serve_file": null})",
                           R"({"pipeline_file": "x", "serve_file": "x", "workflows": "w"})",
                           R"({"pipeline_file": "x", "serve_file": "x", "workflows": [1]})"}) {
    const auto pinned = pinned_from_json(text);
    ASSERT_FALSE(pinned) << text;
    EXPECT_EQ(pinned.error().code, Errc::parse);
    EXPECT_THAT(pinned.error().message, HasSubstr("damaged"));
  }
}

}  // namespace pinned_test
}  // namespace melisai::serve
