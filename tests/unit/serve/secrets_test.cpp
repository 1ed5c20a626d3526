// ${secret:NAME}, and what strangers' code gets, in the operator's configuration.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/serve/secrets_section.h"
#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

const std::string kPipeline = "pipelines:\n  build: { trigger: on_commit, run: make, env: { ";

class SecretFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "secret");
    ASSERT_TRUE(made);
    directory_ = std::make_unique<TemporaryDirectory>(*std::move(made));
    write("a secret of ours\n", 0600);
  }
  std::string file() const { return directory_->path() + "/key"; }
  void write(const std::string& text, int mode) {
    std::ofstream(file(), std::ios::binary) << text;
    std::filesystem::permissions(file(), static_cast<std::filesystem::perms>(mode));
  }
  Result<std::string> value() {
    return secret_value("KEY", {{"KEY", {.file = file(), .env = ""}}},
                        [](const std::string&) { return std::nullopt; });
  }
  std::string problem() {
    const Result<std::string> read = value();
    return read ? "read: " + *read : read.error().message;
  }
  std::unique_ptr<TemporaryDirectory> directory_;
};

TEST_F(SecretFile, IsReadWithoutTheEndOfItsLine) {
  EXPECT_EQ(*value(), "a secret of ours");
  write("two lines\nof one\r\n", 0400);
  EXPECT_EQ(*value(), "two lines\nof one");
}

TEST_F(SecretFile, IsPrivate) {
  for (const int mode : {0640, 0604, 0660}) {
    write("a secret of ours\n", mode);
    EXPECT_THAT(problem(), HasSubstr("chmod 600"));
    EXPECT_THAT(problem(), Not(HasSubstr("of ours")));
  }
}

TEST_F(SecretFile, IsNoLinkAndNoFolder) {
  std::filesystem::rename(file(), file() + ".real");
  std::filesystem::create_symlink(file() + ".real", file());
  EXPECT_THAT(problem(), HasSubstr("cannot be read"));
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_THAT(problem(), HasSubstr("not a regular file"));
}

TEST_F(SecretFile, IsLongEnoughToBeMaskedAndFitsIntoAVariable) {
  write("1234567\n", 0600);
  EXPECT_THAT(problem(), HasSubstr("shorter than 8"));
  write(std::string("1234\0"
                    "56789",
                    10),
        0600);
  EXPECT_THAT(problem(), HasSubstr("NUL"));
  write(std::string(70'000, 'x'), 0600);
  EXPECT_THAT(problem(), HasSubstr("longer than"));
}

TEST_F(SecretFile, OfTheConfigurationIsNotInThePipelineButItsReferenceIs) {
  const LoadedConfig read = loaded("secrets: { KEY: { file: \"" + file() + "\" } }\n" + kPipeline +
                                   "A: plain, B: \"Bearer ${secret:KEY}\" } }\n" + kProject);
  const PipelineSpec& spec = read.config.pipelines.at(0).spec;
  EXPECT_THAT(spec.env, ElementsAre(Pair("A", "plain")));
  EXPECT_THAT(spec.secret_env, ElementsAre(Pair("B", "Bearer ${secret:KEY}")));
  EXPECT_THAT(read.secrets, ElementsAre(Pair("KEY", "a secret of ours")));
  EXPECT_THAT(read.config.secrets, ElementsAre("KEY")) << "stages could ask for the variable";
}

TEST_F(SecretFile, MayBeAToken) {
  const LoadedConfig read =
      loaded("secrets: { KEY: { file: \"" + file() +
             "\" } }\nproject: { name: demo, repository: \"https://example.org/demo.git\", token: "
             "\"${secret:KEY}\" }\n");
  EXPECT_EQ(read.config.projects.at(0).token, "a secret of ours");
}

TEST(SecretsSection, TakesAVariableOfTheNameOrAnother) {
  const EnvLookup env = [](const std::string& name) -> std::optional<std::string> {
    return name == "GIVEN" ? std::optional<std::string>("from the environment") : std::nullopt;
  };
  EXPECT_EQ(*secret_value("GIVEN", {}, env), "from the environment");
  EXPECT_EQ(*secret_value("KEY", {{"KEY", {.file = "", .env = "GIVEN"}}}, env),
            "from the environment");
  EXPECT_THAT(secret_value("KEY", {}, env).error().message, HasSubstr("'KEY' is not set"));
}

TEST(SecretsSection, RefusesWhatIsNoSource) {
  EXPECT_THAT(error_of("secrets: { KEY: {} }\n" + kProject), HasSubstr("either 'file' or 'env'"));
  EXPECT_THAT(error_of("secrets: { KEY: { file: /x, env: X } }\n" + kProject),
              HasSubstr("either 'file' or 'env'"));
  EXPECT_THAT(error_of("secrets: { KEY: { file: x } }\n" + kProject), HasSubstr("absolute"));
  EXPECT_THAT(error_of("secrets: { K-Y: { env: X } }\n" + kProject), HasSubstr("not a name"));
}

TEST(SecretsSection, NamesTheFilesThatAreOnlyTheOperators) {
  ServeConfig config;
  EXPECT_THAT(private_files(config), IsEmpty());
  config.http.key = "/k/tls.pem";
  config.secret_sources = {{"A", {.file = "/k/a", .env = ""}}, {"B", {.file = "", .env = "B"}}};
  EXPECT_THAT(private_files(config), ElementsAre("/k/tls.pem", "/k/a"));
}

TEST(PrivateValues, AreKnownByTheNameOfTheirKeyOrVariable) {
  const EnvLookup env = [](const std::string& name) -> std::optional<std::string> {
    return "value of " + name;
  };
  ConfigSources sources = test_sources();
  sources.env = env;
  const Result<LoadedConfig> read = parse_serve_config(
      "project: { name: demo, repository: 'https://h/a', token: '${A}', webhook: { secret: '${B}', "
      "repository: x/y } }\n"
      "notify: { webhook: { url: 'https://h/${C}', token: '${D}' }, email: { smtp: h, from: a@h, "
      "to: a@h, user: '${E}', password: '${F}' } }\n" +
          kPipeline + "X: '${MY_API_KEY}', DEPLOY_TOKEN: '${G}', OPEN: '${H}' } }\n",
      "f", sources);
  ASSERT_TRUE(read) << read.error().message;
  std::vector<std::string> values;
  for (const auto& [name, value] : read->secrets) {
    EXPECT_EQ(name.front(), ':') << "it could be referred to";
    values.push_back(value);
  }
  EXPECT_THAT(values, ::testing::UnorderedElementsAre(
                          "value of A", "value of B", "https://h/value of C", "value of C",
                          "value of D", "value of F", "value of MY_API_KEY", "value of G"));
  EXPECT_THAT(read->remarks, ::testing::Each(HasSubstr("http.enabled is false")));
}

TEST(PrivateValues, OfTheFileItselfAreRemarkedOn) {
  EXPECT_THAT(loaded("project: { repository: 'https://h/a', token: plainly }").remarks,
              ElementsAre(HasSubstr("'token' stands in the file itself")));
}

TEST(SecretsSection, GivesNoneToBenchmarks) {
  EXPECT_THAT(error_of("pipelines:\n  b: { trigger: on_commit, benchmarks: [ { name: x, run: ./x, "
                       "env: { K: \"${secret:WEBHOOK_SECRET}\" } } ] }\n" +
                       kProject),
              HasSubstr("a benchmark gets no secrets"));
}

TEST(UntrustedSection, IsASandboxWithoutNetworkUnlessTheOperatorSaysOtherwise) {
  const UntrustedOptions options = config_of(kProject).orchestrator.untrusted;
  EXPECT_EQ(options.sandbox, UntrustedOptions::Sandbox::required);
  EXPECT_FALSE(options.network);
  EXPECT_THAT(options.paths, IsEmpty());
  const LoadedConfig open =
      loaded("orchestrator: { untrusted: { sandbox: off, network: true, paths: [/opt/gcc] } }\n" +
             kProject);
  EXPECT_EQ(open.config.orchestrator.untrusted.sandbox, UntrustedOptions::Sandbox::off);
  EXPECT_TRUE(open.config.orchestrator.untrusted.network);
  EXPECT_THAT(open.config.orchestrator.untrusted.paths, ElementsAre("/opt/gcc"));
  EXPECT_THAT(open.remarks, ::testing::Contains(HasSubstr("untrusted.sandbox is off")));
  EXPECT_THAT(error_of("orchestrator: { untrusted: { max_processes: 15 } }\n" + kProject),
              HasSubstr("0, for no limit, or at least 16"));
  EXPECT_EQ(config_of("orchestrator: { untrusted: { max_memory: 0 } }\n" + kProject)
                .orchestrator.untrusted.memory_max,
            0U);
  EXPECT_THAT(error_of("orchestrator: { untrusted: { sandbox: auto } }\n" + kProject),
              HasSubstr("unknown value 'auto'"));
  EXPECT_THAT(error_of("orchestrator: { untrusted: { paths: [gcc] } }\n" + kProject),
              HasSubstr("absolute"));
}

}  // namespace
}  // namespace melisai::serve
