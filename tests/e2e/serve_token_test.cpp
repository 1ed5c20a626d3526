// A server that asks for a token.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/support/serve.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kToken = "t0ken-of-demo";

class ServeToken : public Serve {
 protected:
  void serve_from(const git_tests::WebServer& server) {
    std::ofstream(config_file()) << "project: { name: demo, repository: \"" << server.url()
                                 << "/demo.git\", token: \"${DEMO_TOKEN}\" }\n"
                                 << "orchestrator: { polling_interval: 1 }\n"
                                 << "git: { allow_http: true }\n";
    write_pipelines("build: { trigger: on_commit, run: env }\n");
    push();
    start();
  }
  /// Files of the state directory that hold the token.
  std::vector<std::string> places_of_token() {
    std::vector<std::string> places;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state())) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      if (text.str().find(kToken) != std::string::npos) places.push_back(entry.path());
    }
    return places;
  }
};

TEST_F(ServeToken, OpensTheRepositoryAndGoesNowhereElse) {
  const git_tests::WebServer server("auth " + root() + " " + kToken);
  ASSERT_TRUE(server.started());
  setenv("DEMO_TOKEN", kToken, 1);
  serve_from(server);
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_THAT(logs_of("build#1"), Not(HasSubstr(kToken)));
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(places_of_token(), IsEmpty());
  EXPECT_THAT(daemon_log(), Not(HasSubstr(kToken)));
}

TEST_F(ServeToken, ThatIsRefusedIsAProblemOfTheProject) {
  const git_tests::WebServer server("auth " + root() + " another");
  ASSERT_TRUE(server.started());
  setenv("DEMO_TOKEN", kToken, 1);
  serve_from(server);
  EXPECT_TRUE(eventually([&] {
    const std::string problem = status()["projects"][0]["problem"];
    return problem.find("does not accept the project's token") != std::string::npos;
  }));
  EXPECT_THAT(daemon_log(), Not(HasSubstr(kToken)));
}

}  // namespace
}  // namespace melisai::e2e
