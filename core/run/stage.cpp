#include "core/run/stage.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "core/base/disk_space.h"
#include "core/base/files.h"
#include "core/base/secrets.h"

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
                                           "SOURCE_DATE_EPOCH",
                                           "MELISAI_MACHINE_LOCK"};

std::string file_name_of(const std::string& pipeline) {
  std::string name = pipeline;
  for (char& c : name)
    if (c == '/') c = '_';
  return name;
}

/// For a stage that asked git, which knows nothing of a checkout; "" for others.
std::string hint_about_git(const PipelineSpec& pipeline, const std::string& log_tail) {
  // Without the first letter, which differs between versions.
  if (log_tail.find("ot a git repository") == std::string::npos) return "";
  const bool knows_commit = pipeline.env.contains("MELISAI_COMMIT");
  return std::string("; a checkout has no .git") +
         (knows_commit ? ": MELISAI_COMMIT and MELISAI_REF say what it is of"
                       : ", so a version has to come from a file of the commit");
}

}  // namespace

bool is_passed_to_stages(const std::string& name) {
  return std::find(std::begin(kPassedToStages), std::end(kPassedToStages), name) !=
         std::end(kPassedToStages);
}

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

std::string remark_about_limits(const Exit& exit) {
  std::string held_per_process, not_held;
  const auto sort = [&](Enforced how, const std::string& what) {
    std::string* list = how == Enforced::per_process ? &held_per_process
                        : how == Enforced::no        ? &not_held
                                                     : nullptr;
    if (list != nullptr) *list += (list->empty() ? "" : " and ") + what;
  };
  sort(exit.memory_limit, "memory");
  sort(exit.cpu_limit, "CPUs");
  sort(exit.processes_limit, "processes");
  std::string remark;
  if (!not_held.empty()) remark = "no limit of " + not_held;
  if (!held_per_process.empty())
    remark += (remark.empty() ? "" : "; ") +
              ("only single processes have a limit of " + held_per_process);
  if (!remark.empty()) remark += ": no cgroup here can be given one";
  if (exit.memory_limit == Enforced::per_process)
    remark += " (" + format_bytes(exit.limits.memory_max) + " of data each)";
  return remark;
}

Result<StageEnd> run_stage(const PipelineSpec& pipeline, const StagePlace& place,
                           const MeasureOptions& options, ProcessRunner& processes,
                           const Clock& clock) {
  StageEnd ended;
  StageResult& stage = ended.result;
  stage.name = pipeline.name;
  stage.side = place.side;
  stage.command = text_of(pipeline.run);
  const std::string log_name = place.side + "-" + file_name_of(pipeline.name) + ".log";
  stage.log = "logs/" + log_name;

  Command command;
  command.argv = argv_of(pipeline.run);
  command.env = stage_environment(options, pipeline.env);
  for (const auto& [name, text] : pipeline.secret_env) {
    std::erase_if(command.env,
                  [&](const std::string& each) { return each.starts_with(name + "="); });
    MELISAI_TRY(const std::string value, put_secrets(text));
    command.env.push_back(name + "=" + value);
  }
  command.cwd = place.tree;
  command.stdout_file = command.stderr_file = place.log_dir + "/" + log_name;
  command.output_max = options.output_max;
  command.mask_output = true;
  command.timeout = pipeline.timeout;
  command.grace = options.grace;
  // Limits are the operator's, and the pipeline file is not: it cannot switch off what holds them.
  const bool limited = place.limits != TreeLimits{};
  command.cgroup =
      limited && options.cgroup == CgroupMode::off ? CgroupMode::automatic : options.cgroup;
  command.limits = place.limits;

  const auto start = clock.monotonic();
  const Result<Exit> exit = processes.run(command);
  stage.seconds = std::chrono::duration<double>(clock.monotonic() - start).count();
  if (!exit) {
    if (exit.error().code != Errc::not_found) return exit.error();
    stage.status = StageResult::Status::failed;
    stage.message = exit.error().message;
    return ended;
  }
  if (exit->end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted during '" + pipeline.name + "' on " + place.side};
  ended.remark = remark_about_limits(*exit);
  stage.status = exit->ok() ? StageResult::Status::passed : StageResult::Status::failed;
  if (!exit->ok()) {
    ended.full_disk = full_disk(place.tree);
    stage.log_tail = file_tail(command.stdout_file, kLogTailBytes);
    stage.message = describe(*exit, pipeline.timeout) + hint_about_git(pipeline, stage.log_tail);
  }
  return ended;
}

}  // namespace melisai::run
