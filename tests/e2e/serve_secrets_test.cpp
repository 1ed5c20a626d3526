// What the operator's configuration knows and no commit may.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using ServeSecrets = Serve;

TEST_F(ServeSecrets, OfTheConfigurationReachNoStage) {
  std::ofstream(config_file()) << "project: { name: demo, repository: demo.git, token: "
                                  "\"${DEMO_TOKEN}\" }\n"
                                  "orchestrator: { polling_interval: 1 }\n";
  write(".melisai-gate.yaml",
        "version: 1\n"
        "measure: { pass_env: [DEMO_TOKEN, DEMO_OPEN] }\n"
        "pipelines:\n"
        "  build: { trigger: on_commit, run: env }\n");
  push();
  start({"DEMO_TOKEN=t0ken-of-demo", "DEMO_OPEN=0pen"});
  ASSERT_EQ(outcome_of("build#1"), "passed") << run_of("build#1");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("DEMO_OPEN=0pen")) << "nothing at all was passed";
  EXPECT_THAT(logs_of("build#1"), Not(HasSubstr("t0ken-of-demo")));
  // Not as a value of the file itself either.
  write_pipelines("build: { trigger: on_commit, env: { X: \"${DEMO_TOKEN}\" }, run: env }\n");
  push();
  EXPECT_EQ(outcome_of("configuration#1"), "failed");
  EXPECT_THAT(run_of("configuration#1").dump(), HasSubstr("DEMO_TOKEN"));
  EXPECT_THAT(run_of("configuration#1").dump() + daemon_log(), Not(HasSubstr("t0ken-of-demo")));
}

/// The daemon as a user without privileges, as its package runs it: root may read everything.
TEST_F(ServeSecrets, InVariablesOfTheDaemonAreNoStagesToRead) {
  write(".melisai-gate.yaml",
        "version: 1\n"
        "pipelines:\n"
        "  build:\n"
        "    trigger: on_commit\n"
        "    run: |\n"
        "      CONTROL=s3en sleep 600 &\n"
        "      until grep -q CONTROL=s3en /proc/$!/environ; do sleep 0.1; done\n"
        "      cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' > seen\n"
        "      kill $!\n"
        "      grep -q CONTROL=s3en seen && echo looked; grep -c c4nary seen; true\n");
  push();
  std::ofstream(config_file()) << "project: { name: demo, repository: demo.git, token: "
                                  "\"${DEMO_TOKEN}\" }\n"
                                  "orchestrator: { polling_interval: 1 }\n";
  Words as_somebody{"DEMO_TOKEN=c4nary-of-the-daemon"};
  if (geteuid() == 0) {
    const Words become = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    Words version = become;
    version.insert(version.end(), {MELISAI_BIN_DIR "/melisai-gate", "--version"});
    if (run_program(version, "/").code != 0)
      GTEST_SKIP() << "nobody but root may run what was built here";
    ASSERT_EQ(run_program({"chown", "-R", "65534:65534", root()}, "/").code, 0);
    as_somebody.insert(as_somebody.end(), become.begin(), become.end());
  }
  start(as_somebody);
  ASSERT_EQ(outcome_of("build#1"), "passed") << run_of("build#1") << daemon_log();
  EXPECT_THAT(logs_of("build#1"), HasSubstr("looked\n0\n"));
}

/// Where a canary could be: every file of the daemon, what it answers, what it says.
class SecretSweep : public Serve {
 protected:
  static constexpr const char* kCanary = "c4nary/of the+deploy-key";
  static constexpr const char* kForms[] = {"c4nary/of the",     "c4nary%2Fof%20the",
                                           "YzRuYXJ5L29mIHRoZ", "M0bmFyeS9vZiB0aG",
                                           "NG5hcnkvb2YgdGhl",  "63346e6172792f6f66"};

  std::string everything() {
    std::string all = daemon_log() + logs_of("build#1") + run_of("build#1").dump() +
                      status().dump() + gate({"runs", "--json"}).out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      all += text.str();
    }
    return all;
  }
};

TEST_F(SecretSweep, FindsNothingOfASecretThatAStagePrintsInAllForms) {
  const std::string key_file = root() + "/deploy.key";
  std::ofstream(key_file) << kCanary << "\n";
  std::filesystem::permissions(key_file, static_cast<std::filesystem::perms>(0600));
  configure("demo.git", "secrets: { KEY: { file: \"" + key_file +
                            "\" } }\n"
                            "pipelines:\n"
                            "  build: { trigger: on_commit, env: { KEY: \"${secret:KEY}\" } }\n");
  write(
      "tell.sh",
      "#!/bin/sh\n"
      "echo \"plain $KEY.\"; echo \"$KEY\" >&2\n"
      "for before in '' x xy; do printf %s \"$before$KEY\" | base64; done\n"
      "python3 -c 'import os, urllib.parse; print(urllib.parse.quote(os.environ[\"KEY\"], \"\"))'\n"
      "python3 -c 'import os; print(os.environ[\"KEY\"].encode().hex())'\n"
      "printf 'c4nary/of '; sleep 0.2; echo 'the+deploy-key'\n"
      "tr '\\0' '\\n' < /proc/[0-9]*/cmdline 2>/dev/null\n"
      "exit 7\n");
  write_pipelines("build: { trigger: on_commit, run: ./tell.sh }\n");
  start();
  push();
  ASSERT_EQ(outcome_of("build#1"), "failed") << run_of("build#1");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("plain ***.\n***\n"));
  const std::string all = everything();
  EXPECT_THAT(all, HasSubstr("exit code 7")) << "nothing was looked at";
  for (const char* form : kForms) EXPECT_EQ(all.find(form), std::string::npos) << form;
}

TEST_F(SecretSweep, RefusesAFileThatOthersMayRead) {
  const std::string key_file = root() + "/deploy.key";
  std::ofstream(key_file) << kCanary;
  std::filesystem::permissions(key_file, static_cast<std::filesystem::perms>(0644));
  configure("demo.git", "secrets: { KEY: { file: \"" + key_file +
                            "\" } }\n"
                            "pipelines:\n"
                            "  build: { trigger: on_commit, env: { KEY: \"${secret:KEY}\" } }\n");
  const Ran ran =
      run_program({MELISAI_BIN_DIR "/melisai-gate", "validate", "--config", config_file()}, root());
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("chmod 600"));
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("c4nary")));
}

}  // namespace
}  // namespace melisai::e2e
