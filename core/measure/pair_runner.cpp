#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "core/base/shell.h"
#include "core/measure/counters.h"
#include "core/measure/fixed_addresses.h"
#include "core/measure/formats/formats.h"
#include "core/measure/measure.h"
#include "core/measure/placement.h"
#include "core/measure/shell_line.h"
#include "core/measure/steal.h"
#include "core/measure/usage_metrics.h"

namespace melisai::measure {
namespace {

constexpr int kShellCommandNotFound = 127;
constexpr const char* kUnderTool = "tool";  // as long as the names of the sides
constexpr Bytes kErrorTailBytes = 2 << 10;
constexpr std::size_t kFilterMax =
    64 << 10;  // stays below the kernel's limit of 128 KiB for one argument

std::string last_line_of(const std::string& file) {
  std::string tail = masked_end(file, kErrorTailBytes);
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == '\r')) tail.pop_back();
  const std::size_t newline = tail.rfind('\n');
  return newline == std::string::npos ? tail : tail.substr(newline + 1);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// The run line with the filter appended; `regex` empty: as it is.
RunLine filtered(RunLine line, const std::string& filter, const std::string& regex) {
  if (!line.shell.empty()) line.shell = replace_shell(line.shell);
  if (regex.empty()) return line;
  if (!line.shell.empty()) {
    line.shell += " " + replaced(filter, "{regex}", shell_quoted(regex));
    return line;
  }
  for (std::size_t at = 0; at < filter.size();) {
    const std::size_t space = std::min(filter.find(' ', at), filter.size());
    if (space > at) line.argv.push_back(replaced(filter.substr(at, space - at), "{regex}", regex));
    at = space + 1;
  }
  return line;
}

/// What a benchmark process sees: nothing of the caller but what it needs to find programs, and
/// what the user lists. Names and lengths are equal on both sides: the size of the environment
/// moves the stack and with it the timing.
std::vector<std::string> run_environment(const BenchmarkSpec& spec, const MeasureOptions& options,
                                         const std::string& side_dir) {
  std::map<std::string, std::string> values = {{"LANG", "C.UTF-8"}, {"PYTHONHASHSEED", "0"}};
  for (const char* name : {"PATH", "HOME"})
    if (const char* value = std::getenv(name)) values[name] = value;
  values.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  for (const std::string& name : options.pass_env)
    if (const char* value = std::getenv(name.c_str())) values[name] = value;
  for (const auto& [name, value] : spec.env) values[name] = value;
  values["MELISAI_RESULT"] = side_dir + "/result";
  values["TMPDIR"] = side_dir + "/tmp";
  std::vector<std::string> environment;
  for (const auto& [name, value] : values) environment.push_back(name + "=" + value);
  return environment;
}

std::size_t argv_bytes(const RunLine& line) {
  std::size_t size = 0;
  for (const std::string& word : argv_of(line)) size += word.size() + 1 + sizeof(char*);
  return size;
}

bool ended_by_budget(const Exit& exit, const BenchmarkSpec& spec, Milliseconds time_left) {
  return exit.end == Exit::End::timed_out && time_left < spec.timeout;
}

Error budget_ended() { return {Errc::timeout, "the measuring budget ended"}; }

/// Whether the side lacks the program, which is not the same as a program that fails: a script's
/// missing tool and a missing shared library give the shell's code 127 too.
bool is_missing(const Exit& exit, const Side& side, const std::string& last_error) {
  if (exit.end != Exit::End::exited || exit.code != kShellCommandNotFound) return false;
  const std::string program = first_word(side.run.shell);
  if (program.find('/') == std::string::npos) return last_error.ends_with("not found");
  const std::string path = program.front() == '/' ? program : side.tree + "/" + program;
  return access(path.c_str(), F_OK) != 0;
}

/// One process run is one observation of each benchmark: repetitions within a run are correlated,
/// so their median counts once. Words are masked, numbers are not: a secret can be one.
Observation observation_from(const formats::Readings& readings, const std::string& process) {
  Observation observation;
  for (const formats::Reading& reading : readings.readings) {
    Metric metric = reading.metric;
    metric.name = masked(std::move(metric.name));
    observation.values[{process + "/" + masked(reading.benchmark), metric.name}] = {metric,
                                                                                    reading.value};
  }
  for (const auto& [benchmark, why] : readings.failed)
    observation.failed[process + "/" + masked(benchmark)] = masked(why);
  return observation;
}

Result<formats::Readings> readings_in(const std::string& text, const FormatSpec& format,
                                      int metrics_max) {
  formats::Limits limits;
  limits.readings_max = static_cast<std::size_t>(metrics_max);
  Result<formats::Readings> read = formats::read_text(text, "the result", format, limits);
  if (!read && read.error().code == Errc::limit)
    return with_context(read.error(), "measure.metrics_max = " + std::to_string(metrics_max) +
                                          " or a limit of the format");
  return read;
}

std::set<std::string> names_in(const Observation& observation) {
  std::set<std::string> names;
  for (const auto& [id, value] : observation.values) names.insert(id.benchmark);
  return names;
}

/// The command itself cannot be started: the benchmark failed, and whoever measures it did not.
bool is_of_the_command(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::config;
}

}  // namespace

struct PairRunner::Plan {
  Placement placement;
  FormatSpec format;            ///< once the first result is read, never "auto"
  std::string filter;           ///< template with {regex}; "" when the process always runs whole
  std::set<std::string> known;  ///< full names seen in the warm-up
  std::vector<Usage> warm_ups;
  bool watch_steal = false;  ///< its runs have one CPU, from which a hypervisor takes time
  bool base_first = true;    ///< order of the last pair
  Measurement measurement;
};

PairRunner::PairRunner(ProcessRunner& processes, Rng& rng, const MeasureOptions& options,
                       std::string work_dir, std::string stat_file)
    : processes_(processes),
      rng_(rng),
      options_(options),
      work_dir_(std::move(work_dir)),
      stat_file_(std::move(stat_file)) {}

PairRunner::~PairRunner() = default;

Measurement PairRunner::describe(const Subject& subject) const {
  const auto plan = plans_.find(subject.spec.name);
  if (plan == plans_.end()) return {.benchmark = subject.spec.name, .placement = "not run"};
  return plan->second.measurement;
}

Result<Command> PairRunner::prepare(const Subject& subject, const Side& side, const RunLine& line,
                                    Milliseconds time_left) {
  const std::string side_dir = work_dir_ + "/" + side.name;
  MELISAI_CHECK(remove_tree(side_dir));
  MELISAI_CHECK(make_directories(side_dir + "/tmp", {.private_mode = true}));
  Command command;
  command.argv = argv_of(line);
  command.env = run_environment(subject.spec, options_, side_dir);
  command.cwd = side.tree;
  command.writable = {side_dir};
  command.stdout_file = side_dir + "/stdout";
  command.stderr_file = side_dir + "/stderr";
  command.output_max = options_.output_max;
  command.timeout = std::min(subject.spec.timeout, std::max(time_left, Milliseconds{1}));
  command.grace = options_.grace;
  command.cgroup = options_.cgroup;
  return command;
}

Result<PairRunner::Ran> PairRunner::run_side(const Subject& subject, const Side& side,
                                             const RunLine& line, Plan& plan, int cpu,
                                             Milliseconds time_left) {
  MELISAI_TRY(Command command, prepare(subject, side, line, time_left));
  command.cpus = cpu >= 0 ? std::vector<int>{cpu} : plan.placement.fixed;
  command.count_tasks =
      plan.known.empty();  // only before anything is known: never in a judged pair
  const StandAside stand_aside(usable_cpus(), command.cpus);
  const auto stolen = [&] {
    const bool is_watched = plan.watch_steal && command.cpus.size() == 1;
    return is_watched ? stolen_ns(stat_file_, command.cpus.front()) : std::nullopt;
  };
  const std::optional<std::int64_t> before = stolen();
  MELISAI_TRY(Exit exit, processes_.run(command));
  const std::optional<std::int64_t> after = stolen();
  if (exit.end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted while measuring '" + subject.spec.name + "'"};
  Ran ran{.exit = std::move(exit), .stolen_ns = std::nullopt};
  if (before && after) ran.stolen_ns = *after - *before;
  return ran;
}

/// False: the set-up failed and `observation` says so.
Result<bool> PairRunner::set_up(const Subject& subject, const Side& side, Observation& observation,
                                Milliseconds time_left) {
  if (subject.spec.setup.empty()) return true;
  MELISAI_TRY(Command command, prepare(subject, side, subject.spec.setup, time_left));
  command.mask_output = true;  // it is not timed
  const Result<Exit> exit = processes_.run(command);
  if (!exit && !is_of_the_command(exit.error())) return exit.error();
  if (exit && exit->end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted while setting up '" + subject.spec.name + "'"};
  if (exit && exit->ok()) return true;
  if (exit && ended_by_budget(*exit, subject.spec, time_left)) return budget_ended();
  observation.failed[subject.spec.name] =
      "setup on " + side.name + ": " +
      (exit ? melisai::describe(*exit, subject.spec.timeout) : exit.error().message);
  return false;
}

Result<Observation> PairRunner::run_half(const Subject& subject, const Side& side, Plan& plan,
                                         int cpu, const std::string& regex,
                                         Milliseconds time_left) {
  const BenchmarkSpec& spec = subject.spec;
  Observation observation;
  const auto fail = [&](const std::string& why) {
    observation.failed[spec.name] = side.name + ": " + why;
    return observation;
  };
  // The head's pipeline file rules; a program that only the head has is a new benchmark, not a
  // broken one.
  const bool may_lack_it = subject.base_may_lack_it && &side == &subject.base;
  const Result<Ran> ran =
      run_side(subject, side, filtered(side.run, plan.filter, regex), plan, cpu, time_left);
  if (!ran) {
    if (!is_of_the_command(ran.error())) return ran.error();
    const bool is_missing = ran.error().code == Errc::not_found;
    return may_lack_it && is_missing ? observation : fail(ran.error().message);
  }
  const Exit& exit = ran->exit;
  if (ended_by_budget(exit, spec, time_left)) return budget_ended();
  const std::string side_dir = work_dir_ + "/" + side.name;
  if (!exit.ok()) {
    const std::string line = last_line_of(side_dir + "/stderr");
    if (may_lack_it && is_missing(exit, side, line)) return observation;
    return fail(melisai::describe(exit, spec.timeout) + (line.empty() ? "" : ": " + line));
  }
  plan.measurement.in_cgroup = exit.in_cgroup;
  if (plan.known.empty()) plan.warm_ups.push_back(exit.usage);
  if (spec.format.measures_process()) {
    observation.values = usage_metrics(spec.name, exit.usage);
    if (ran->stolen_ns) observation.values.insert(steal_metric(spec.name, *ran->stolen_ns));
    return observation;
  }
  std::string file = side_dir + "/result";
  Result<std::string> text = read_file(file, options_.result_max);
  if (!text && text.error().code == Errc::not_found)
    text = read_file(side_dir + "/stdout", options_.result_max);
  if (!text) return fail(text.error().message);
  if (text->empty()) return fail("wrote nothing to $MELISAI_RESULT and nothing to standard output");
  const Result<formats::Readings> read = readings_in(*text, plan.format, options_.metrics_max);
  if (!read) return fail(masked(read.error().message));
  // Both sides are read alike, and later results cannot be taken for another format.
  if (plan.format.name == "auto") plan.format.name = read->format;
  return observation_from(*read, spec.name);
}

Result<Pair> PairRunner::run_pair(const Subject& subject, Plan& plan, int index,
                                  const std::string& regex, Milliseconds time_left) {
  Pair pair;
  pair.index = index;
  // The first half of a pair may always be a little slower. Balanced over two pairs, such an effect
  // cancels out instead of piling up in two points, which trimming would take for certainty
  // (core/decisions/0003).
  if (index % 2 == 1 || index == 0)
    plan.base_first = rng_.below(2) == 0;
  else
    plan.base_first = !plan.base_first;
  pair.base_first = plan.base_first;
  pair.cpu = index == 0 ? -1 : draw_cpu(plan.placement, usable_cpus(), rng_);
  for (const bool base : {pair.base_first, !pair.base_first}) {
    const Side& side = base ? subject.base : subject.head;
    MELISAI_TRY(Observation half, run_half(subject, side, plan, pair.cpu, regex, time_left));
    (base ? pair.base : pair.head) = std::move(half);
  }
  return pair;
}

Result<Pair> PairRunner::warm_up(const Subject& subject, Milliseconds time_left) {
  Plan& plan = plans_[subject.spec.name];
  plan.format = subject.spec.format;
  plan.measurement.benchmark = subject.spec.name;
  Pair failed;
  MELISAI_TRY(const bool base_ready, set_up(subject, subject.base, failed.base, time_left));
  MELISAI_TRY(const bool head_ready, set_up(subject, subject.head, failed.head, time_left));
  if (!base_ready || !head_ready) return failed;

  Result<Pair> pair = run_pair(subject, plan, 0, "", time_left);
  if (!pair) return pair;
  plan.filter = subject.spec.filter;
  if (plan.filter.empty()) plan.filter = formats::filter_template(plan.format.name);
  for (const Observation* half : {&pair->base, &pair->head}) plan.known.merge(names_in(*half));
  const Pinning& pinning = subject.spec.pin ? *subject.spec.pin : options_.pin;
  plan.placement = decide_placement(pinning, usable_cpus(), plan.warm_ups);
  plan.measurement.placement = plan.placement.reason;
  double cpu = 0, wall = 0;
  for (const Usage& usage : plan.warm_ups) {
    cpu += static_cast<double>(usage.cpu_time_ns);
    wall += static_cast<double>(usage.wall_time_ns);
  }
  plan.measurement.cpu_wall_ratio = wall > 0 ? cpu / wall : 0;
  const bool one_cpu = plan.placement.one_cpu || plan.placement.fixed.size() == 1;
  plan.watch_steal = one_cpu && subject.spec.format.measures_process() &&
                     stolen_ns(stat_file_, kAllCpus).value_or(0) > 0;
  // A warm-up shows which series there will be. What was stolen from a run that had no CPU of its
  // own is not known, and 0 excuses nothing.
  for (Observation* half : {&pair->base, &pair->head})
    if (plan.watch_steal && !half->values.empty())
      half->values.insert(steal_metric(subject.spec.name, 0));
  return pair;
}

std::string PairRunner::regex_for(const Subject& subject, const Plan& plan,
                                  const std::vector<std::string>& only) {
  std::vector<std::string> names;
  for (const std::string& full_name : only)
    if (full_name.size() > subject.spec.name.size())
      names.push_back(full_name.substr(subject.spec.name.size() + 1));
  const bool subset = !plan.filter.empty() && !names.empty() && only.size() < plan.known.size();
  std::string regex = subset ? formats::filter_for(plan.format.name, names) : "";
  return regex.size() <= kFilterMax ? regex : "";
}

Result<std::string> PairRunner::profile(const Subject& subject, const Side& side,
                                        RunObserver& observer, Milliseconds time_left,
                                        const std::vector<std::string>& only) {
  const auto plan = plans_.find(subject.spec.name);
  const std::string regex =
      plan == plans_.end() ? std::string() : regex_for(subject, plan->second, only);
  const std::string filter = regex.empty() ? std::string() : plan->second.filter;
  MELISAI_TRY(const Command command,
              prepare(subject, side, filtered(side.run, filter, regex), time_left));
  const Result<Exit> exit = processes_.run_observed(command, observer);
  if (!exit && is_of_the_command(exit.error())) return exit.error().message;
  if (!exit) return exit.error();
  if (exit->end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted while profiling '" + subject.spec.name + "'"};
  if (ended_by_budget(*exit, subject.spec, time_left)) return budget_ended();
  return exit->ok() ? std::string() : melisai::describe(*exit, command.timeout);
}

Result<PairRunner::UnderTool> PairRunner::run_under(const Subject& subject, const Side& side,
                                                    const std::vector<std::string>& tool,
                                                    Milliseconds time_left) {
  Side alike = side;
  alike.name = kUnderTool;
  MELISAI_TRY(Command command, prepare(subject, alike, filtered(side.run, "", ""), time_left));
  const std::string directory = work_dir_ + "/" + kUnderTool;
  // What lies above the stack moves it, and with it how long memcmp() takes.
  const std::size_t size = argv_bytes(side.run);
  const std::size_t larger = std::max(argv_bytes(subject.base.run), argv_bytes(subject.head.run));
  command.env.push_back("MELISAI_PAD=" + std::string(larger - size, '='));
  copy_by_registers(command.env);
  std::vector<std::string> words;
  const std::string doubled = replaced(directory, "%", "%%");
  for (const std::string& word : tool)
    words.push_back(replaced(replaced(word, "{dir%%}", doubled), "{dir}", directory));
  command.argv.insert(command.argv.begin(), words.begin(), words.end());
  const FixedAddresses fixed;
  MELISAI_TRY(const Exit exit, processes_.run(command));
  if (exit.end == Exit::End::interrupted)
    return Error{Errc::interrupted, "interrupted while profiling '" + subject.spec.name + "'"};
  if (ended_by_budget(exit, subject.spec, time_left)) return budget_ended();
  return UnderTool{exit.ok() ? "" : melisai::describe(exit, command.timeout), directory};
}

Result<Pair> PairRunner::measure(const Subject& subject, int index,
                                 const std::vector<std::string>& open, Milliseconds time_left) {
  Plan& plan = plans_.at(subject.spec.name);
  const std::string regex = regex_for(subject, plan, open);
  MELISAI_TRY(Pair pair, run_pair(subject, plan, index, regex, time_left));
  if (!regex.empty()) {
    const std::set<std::string> base = names_in(pair.base), head = names_in(pair.head);
    const bool all_there = std::all_of(open.begin(), open.end(), [&](const std::string& name) {
      return base.contains(name) && head.contains(name);
    });
    // A run line that cannot take the filter (a script, a compound line) runs whole from now on.
    if (!all_there) {
      plan.filter.clear();
      return measure(subject, index, open, time_left);
    }
  }
  if (index > 0) ++plan.measurement.pairs;
  return pair;
}

}  // namespace melisai::measure
