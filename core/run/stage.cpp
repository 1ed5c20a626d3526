#include "core/run/stage.h"

#include <cstdlib>

#include "core/base/files.h"

namespace melisai::run {
namespace {

constexpr Bytes kLogTailBytes = 4 << 10;

// What compilers and package managers need to work as they do in the user's shell. Secrets are
// never in this list.
constexpr const char* kPassedToStages[] = {"PATH",
                                           "HOME",
                                           "USER",
                                           "LOGNAME",
                                           "SHELL",
                                           "LANG",
                                           "LC_ALL",
                                           "TZ",
                                           "TMPDIR",
                                           "CC",
                                           "CXX",
                                           "CFLAGS",
                                           "CXXFLAGS",
                                           "CPPFLAGS",
                                           "LDFLAGS",
                                           "MAKEFLAGS",
                                           "CMAKE_GENERATOR",
                                           "CMAKE_PREFIX_PATH",
                                           "CMAKE_BUILD_PARALLEL_LEVEL",
                                           "CTEST_PARALLEL_LEVEL",
                                           "PKG_CONFIG_PATH",
                                           "LD_LIBRARY_PATH",
                                           "LIBRARY_PATH",
                                           "CPATH",
                                           "CCACHE_DIR",
                                           "CARGO_HOME",
                                           "RUSTUP_HOME",
                                           "RUSTUP_TOOLCHAIN",
                                           "RUSTFLAGS",
                                           "GOPATH",
                                           "GOROOT",
                                           "GOCACHE",
                                           "GOFLAGS",
                                           "GOPROXY",
                                           "JAVA_HOME",
                                           "VIRTUAL_ENV",
                                           "PYTHONPATH",
                                           "NODE_PATH",
                                           "npm_config_cache",
                                           "http_proxy",
                                           "https_proxy",
                                           "no_proxy",
                                           "HTTP_PROXY",
                                           "HTTPS_PROXY",
                                           "NO_PROXY",
                                           "SSL_CERT_FILE",
                                           "SOURCE_DATE_EPOCH"};

std::string file_name_of(const std::string& pipeline) {
  std::string name = pipeline;
  for (char& c : name)
    if (c == '/') c = '_';
  return name;
}

}  // namespace

std::vector<std::string> stage_environment(const MeasureOptions& options,
                                           const std::map<std::string, std::string>& own) {
  std::map<std::string, std::string> values;
  const auto pass = [&](const std::string& name) {
    if (const char* value = std::getenv(name.c_str())) values[name] = value;
  };
  for (const char* name : kPassedToStages) pass(name);
  for (const std::string& name : options.pass_env) pass(name);
  values.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  values["CI"] = "true";
  for (const auto& [name, value] : own) values[name] = value;
  std::vector<std::string> environment;
  environment.reserve(values.size());
  for (const auto& [name, value] : values) environment.push_back(name + "=" + value);
  return environment;
}

Result<StageResult> run_stage(const PipelineSpec& pipeline, const StagePlace& place,
                              const MeasureOptions& options, ProcessRunner& processes,
                              const Clock& clock) {
  StageResult stage;
  stage.name = pipeline.name;
  stage.side = place.side;
  stage.command = text_of(pipeline.run);
  const std::string log_name = place.side + "-" + file_name_of(pipeline.name) + ".log";
  stage.log = "logs/" + log_name;

  Command command;
  command.argv = argv_of(pipeline.run);
  command.env = stage_environment(options, pipeline.env);
  command.cwd = place.tree;
  command.stdout_file = command.stderr_file = place.log_dir + "/" + log_name;
  command.output_max = options.output_max;
  command.timeout = pipeline.timeout;
  command.grace = options.grace;
  command.cgroup = options.cgroup;

  const auto start = clock.monotonic();
  const Result<Exit> exit = processes.run(command);
  stage.seconds = std::chrono::duration<double>(clock.monotonic() - start).count();
  if (!exit) {
    if (exit.error().code != Errc::not_found) return exit.error();
    stage.status = StageResult::Status::failed;
    stage.message = exit.error().message;
    return stage;
  }
  if (exit->end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted during '" + pipeline.name + "' on " + place.side};
  stage.status = exit->ok() ? StageResult::Status::passed : StageResult::Status::failed;
  if (!exit->ok()) {
    stage.message = describe(*exit, pipeline.timeout);
    stage.log_tail = file_tail(command.stdout_file, kLogTailBytes);
  }
  return stage;
}

}  // namespace melisai::run
