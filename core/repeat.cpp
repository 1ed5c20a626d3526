#include "core/repeat.h"

#include <array>
#include <charconv>

#include "core/base/shell.h"

namespace melisai {
namespace {

/// The shortest digits that are read as the same number; a bare one must be below 1.
std::string fraction_text(double fraction) {
  const bool is_bare = fraction < 1;
  std::array<char, 32> digits{};
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(),
                    is_bare ? fraction : fraction * 100, std::chars_format::fixed);
  MELISAI_ASSERT(error == std::errc{});
  return std::string(digits.data(), end) + (is_bare ? "" : "%");
}

/// Arguments of one command.
class Words {
 public:
  explicit Words(const char* command) : words_{"melisai-gate", command} {}

  void add(const std::vector<std::string>& words) {
    words_.insert(words_.end(), words.begin(), words.end());
  }
  void add(const char* option, const std::string& value) {
    if (!value.empty()) add({option, value});
  }
  void add(const char* option, const std::optional<double>& fraction) {
    if (fraction) add(option, fraction_text(*fraction));
  }
  std::string line() const { return shell_line(words_); }

 private:
  std::vector<std::string> words_;
};

std::string pinning_text(const Pinning& pin) {
  if (pin.mode != Pinning::Mode::list) return pin.mode == Pinning::Mode::off ? "off" : "auto";
  std::string text;
  for (const int cpu : pin.cpus) text += (text.empty() ? "" : ",") + std::to_string(cpu);
  return text;
}

std::string exact_text(ExactMode mode) {
  return mode == ExactMode::on ? "on" : mode == ExactMode::off ? "off" : "auto";
}

std::string fail_on_text(FailOn fail_on) {
  switch (fail_on) {
    case FailOn::regression: return "regression";
    case FailOn::inconclusive: return "inconclusive";
    case FailOn::never: return "never";
  }
  return "regression";
}

void add_common(Words& words, const Request& request, const Report& report) {
  const Overrides& typed = request.overrides;
  words.add("--threshold", typed.threshold);
  words.add("--false-alarm", typed.false_alarm);
  words.add("--miss", typed.miss);
  if (typed.max_pairs) words.add("--max-pairs", std::to_string(*typed.max_pairs));
  if (typed.budget) words.add("--budget", std::to_string(typed.budget->count()) + "ms");
  if (typed.fail_on) words.add("--fail-on", fail_on_text(*typed.fail_on));
  if (typed.pin) words.add("--pin", pinning_text(*typed.pin));
  if (typed.cgroup) words.add("--cgroup", *typed.cgroup == CgroupMode::off ? "off" : "auto");
  if (typed.health_profile) words.add("--profile", *typed.health_profile);
  if (typed.collectors) words.add("--collectors", *typed.collectors ? "on" : "off");
  if (typed.explain) words.add("--explain", *typed.explain ? "regressions" : "off");
  if (typed.exact) words.add("--exact", exact_text(*typed.exact));
  for (const std::string& directory : request.plugin_dirs) words.add("--plugin-dir", directory);
  words.add("--seed", std::to_string(report.seed));
}

/// As `ab` reads it: one word is a shell line.
std::vector<std::string> words_of(const RunLine& line) {
  return line.shell.empty() ? line.argv : std::vector<std::string>{line.shell};
}

}  // namespace

std::string repeat_command(const CheckRequest& request, const Report& report) {
  // The work tree has no commit of its own.
  const bool is_worktree = request.head == kWorkTree;
  if (report.base.sha.empty() || report.head.sha.empty()) return "";
  Words words("check");
  words.add("--base", report.base.sha);
  words.add("--head", is_worktree ? kWorkTree : report.head.sha);
  words.add("--config", request.config_file);
  words.add("--only", request.only);
  words.add("--build", request.commands.build);
  words.add("--test", request.commands.test);
  for (const std::string& command : request.commands.bench) words.add("--bench", command);
  add_common(words, request, report);
  return words.line();
}

std::string repeat_command(const AbRequest& request, const Report& report) {
  Words words("ab");
  if (!request.format.measures_process()) words.add("--format", request.format.name);
  add_common(words, request, report);
  words.add({"--"});
  words.add(words_of(request.base));
  words.add({"--"});
  words.add(words_of(request.head));
  return words.line();
}

}  // namespace melisai
