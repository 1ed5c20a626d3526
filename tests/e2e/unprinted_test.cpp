// Results that standard output does not take.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/collect.h"

namespace melisai::e2e {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Unprinted : public Collect {
 protected:
  /// With a standard output that can only be read.
  Ran gate(Words words) {
    words.insert(words.begin(), {"/bin/sh", "-c", "exec \"$@\" 1< " + root() + "/nothing", "sh",
                                 MELISAI_BIN_DIR "/melisai-gate"});
    return run_program(words, root());
  }
  std::string text_file(const std::string& name, const std::string& content) {
    std::ofstream(root() + "/" + name) << content;
    return root() + "/" + name;
  }
};

TEST_F(Unprinted, AreAnErrorThatIsSaidOnce) {
  text_file("nothing", "");
  const std::string bench =
      text_file("bench.json",
                R"({"context":{},"benchmarks":[{"name":"BM","run_type":"iteration","iterations":1,)"
                R"("real_time":1,"cpu_time":1,"time_unit":"ns"}]})");
  const std::string host =
      text_file("host.json", R"({"metadata":{"tool":"melisai-gate","schema_version":)"
                             R"("1.1.0","profile":"quick"},"categories":{},"summary":{}})");
  const std::string csv = text_file("history.csv", "series,index,value\na,1,1\na,2,1\n");
  for (const Words& words :
       {Words{"--version"}, Words{"formats"}, Words{"plugins"}, Words{"doctor"},
        Words{"doctor", "--json"}, Words{"parse", bench}, Words{"parse", "--json", bench},
        Words{"compare", host, host}, Words{"compare", "--json", host, host}, Words{"history", csv},
        Words{"runs", "--json", "--state-dir", state()},
        Words{"collect", "--quiet", "--profile", "quick", "--duration", "1s", "--explain"},
        Words{"collect", "--quiet", "--profile", "quick", "--duration", "1s"}}) {
    SCOPED_TRACE(::testing::PrintToString(words));
    const Ran ran = gate(words);
    EXPECT_THAT(ran.code, AnyOf(4, 3)) << "3: this machine is not fit, as doctor says";
    const std::string sentence = "could not be written to standard output";
    EXPECT_THAT(ran.err, HasSubstr(sentence));
    EXPECT_THAT(ran.err.substr(ran.err.find(sentence) + 1), Not(HasSubstr(sentence)));
  }
}

}  // namespace
}  // namespace melisai::e2e
