// `melisai-gate doctor` on the machine that runs the tests, whatever that is.
#include <gmock/gmock.h>
#include <sched.h>
#include <unistd.h>

#include <sstream>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

const std::string kGate = MELISAI_BIN_DIR "/melisai-gate";

TEST(Doctor, LooksAtThisMachineAndEndsAsItSays) {
  const Ran ran = run_program({kGate, "doctor", "--json"}, "/");
  ASSERT_THAT(ran.code, AnyOf(0, 3)) << ran.err;
  const json answer = json::parse(ran.out);
  EXPECT_EQ(answer["fit"], ran.code == 0);
  EXPECT_TRUE(answer["tiers"][0]["usable"]);
  cpu_set_t mine;
  ASSERT_EQ(sched_getaffinity(0, sizeof mine, &mine), 0);
  EXPECT_EQ(answer["machine"]["cpus"], CPU_COUNT(&mine));
  std::vector<std::string> names;
  for (const json& collector : answer["collectors"]) names.push_back(collector["name"]);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"process", "quiet"}));
}

TEST(Doctor, SatisfiesItsSchema) {
  const Ran ran = run_program(
      {"/usr/bin/python3", "-c",
       "import json,subprocess,sys,jsonschema\n"
       "answer = subprocess.run([sys.argv[1], 'doctor', '--json'], stdout=subprocess.PIPE)\n"
       "jsonschema.validate(json.loads(answer.stdout), json.load(open(sys.argv[2])))",
       kGate, MELISAI_SOURCE_DIR "/config/schema/doctor.schema.json"},
      "/");
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(Doctor, IsAlsoCalledCapabilitiesAndSpeaksToPeople) {
  const Ran ran = run_program({kGate, "capabilities"}, "/");
  EXPECT_THAT(ran.code, AnyOf(0, 3)) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("clocksource"), HasSubstr("3 eBPF"), HasSubstr("quiet"),
                             HasSubstr("or benchmarks")));
}

TEST(Doctor, PrintsCommandsAndNothingElse) {
  const Ran ran = run_program({kGate, "doctor", "--fix-commands"}, "/");
  EXPECT_THAT(ran.code, AnyOf(0, 3)) << ran.err;
  std::istringstream lines(ran.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, HasSubstr("never runs them"));
  EXPECT_EQ(run_program({kGate, "doctor", "--fix-commands", "--json"}, "/").code, 2);
}

TEST(Doctor, TellsAnOrdinaryUserWhatIsMissing) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const Words nobody = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  const auto as_nobody = [&](Words words) {
    words.insert(words.begin(), nobody.begin(), nobody.end());
    return run_program(words, "/");
  };
  if (as_nobody({kGate, "--version"}).code != 0)
    GTEST_SKIP() << "nobody but root may run what was built here";
  const Ran ran = as_nobody({kGate, "doctor", "--json"});
  ASSERT_THAT(ran.code, AnyOf(0, 3)) << ran.err;
  const json answer = json::parse(ran.out);
  EXPECT_FALSE(answer["tiers"][2]["usable"]);
  for (const json& finding : answer["findings"]) {
    if (finding["id"] == "privileges") {
      EXPECT_THAT(finding["found"], HasSubstr("user 65534"));
    }
  }
}

}  // namespace
}  // namespace melisai::e2e
