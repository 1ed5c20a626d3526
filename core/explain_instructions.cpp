#include "core/explain_instructions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>

#include "core/base/files.h"
#include "core/base/text.h"

namespace melisai {
namespace {

constexpr Bytes kFileBytesMax = 64 << 20;
constexpr std::size_t kFilesMax = 1'000;
constexpr std::size_t kNamesMax = 1'000'000;
constexpr std::size_t kNameBytesMax = 2'000;
constexpr double kCostMax = 1e18;
constexpr double kAgreement = 0.001;
constexpr std::size_t kFunctionsKept = 10;

Error bad(const std::string& what) { return {Errc::parse, "callgrind: " + what}; }

std::optional<double> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::min(static_cast<double>(value), kCostMax);
}

bool is_system(std::string_view object) {
  return object.starts_with("/usr/lib") || object.starts_with("/lib");
}

/// Not what valgrind knows by its address only, nor what starts main and so did all there is.
bool has_name(std::string_view function) {
  return !function.starts_with("0x") && function != "(below main)" && function != "_start";
}

bool allocates(std::string_view function) {
  constexpr std::array<std::string_view, 6> kNames{"malloc",        "calloc",   "realloc",
                                                   "aligned_alloc", "memalign", "posix_memalign"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

/// "(12) name" the first time, "(12)" from then on.
class Names {
 public:
  Result<std::string> read(std::string_view text) {
    if (!text.starts_with('(')) return cleaned(text);
    const std::size_t close = text.find(')');
    const std::optional<double> id =
        close == std::string_view::npos ? std::nullopt : number_in(text.substr(1, close - 1));
    // "(below main)" is a name.
    if (!id) return cleaned(text);
    const auto number = static_cast<std::uint64_t>(*id);
    if (close + 2 <= text.size()) {
      if (names_.size() >= kNamesMax) return Error{Errc::limit, "callgrind: too many names"};
      names_.insert_or_assign(number, cleaned(text.substr(close + 2)));
    }
    const auto known = names_.find(number);
    if (known == names_.end()) return bad("a name that was never told");
    return known->second;
  }

 private:
  static std::string cleaned(std::string_view name) {
    return printable(std::string(name.substr(0, kNameBytesMax)));
  }
  std::map<std::uint64_t, std::string> names_;
};

class Reader {
 public:
  explicit Reader(CountedWork& work) : work_(work) {}

  Result<void> line(std::string_view text) {
    if (text.empty() || text.front() == '#') return {};
    const bool is_cost = (text.front() >= '0' && text.front() <= '9') || text.front() == '+' ||
                         text.front() == '-' || text.front() == '*';
    if (is_cost) return cost(text);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return header(text);
    return assign(text.substr(0, equals), text.substr(equals + 1));
  }
  bool is_callgrind() const { return has_events_; }

 private:
  Result<void> header(std::string_view text) {
    constexpr std::string_view kEvents = "events: ";
    if (!text.starts_with(kEvents)) return {};
    has_events_ = text.substr(kEvents.size()).starts_with("Ir");
    return {};
  }

  Result<void> assign(std::string_view key, std::string_view value) {
    if (key == "calls") {
      const Result<void> counted = calls(value);
      return counted;
    }
    if (key == "ob" || key == "cob") {
      MELISAI_TRY((key == "ob" ? object_ : called_object_), objects_.read(value));
    } else if (key == "fn") {
      MELISAI_TRY(function_, functions_.read(value));
      begin_function();
    } else if (key == "cfn") {
      MELISAI_TRY(called_, functions_.read(value));
    } else if (key == "fl" || key == "fi" || key == "fe" || key == "cfi" || key == "cfl") {
      MELISAI_TRY(const std::string file, files_.read(value));
      if (key == "fl") file_ = file;
    }
    return {};
  }

  // Recursion has names of its own: "f'2".
  void begin_function() {
    const std::size_t level = function_.rfind('\'');
    if (level != std::string::npos && number_in(std::string_view(function_).substr(level + 1)))
      function_.resize(level);
    called_object_.clear();
    is_first_ = true;
  }

  Result<void> calls(std::string_view value) {
    const std::optional<double> count = number_in(value.substr(0, value.find(' ')));
    if (!count) return bad("calls without a number");
    is_call_ = true;
    if (allocates(called_) && !allocates(function_)) work_.allocations += *count;
    return {};
  }

  Result<void> cost(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    move(text.substr(0, space));
    const std::string_view rest = text.substr(space + 1);
    const std::optional<double> count = number_in(rest.substr(0, rest.find(' ')));
    if (!count) return bad("a cost that is no number");
    const bool is_ours = !is_system(object_) && has_name(function_);
    if (!is_call_) {
      work_.instructions += *count;
      if (is_ours) mine().instructions += *count;
      return {};
    }
    // What a library did for us; what we did for us is counted where it is done.
    const std::string& object = called_object_.empty() ? object_ : called_object_;
    if (is_ours && is_system(object)) mine().instructions += *count;
    is_call_ = false;
    called_object_.clear();
    return {};
  }

  void move(std::string_view position) {
    if (position == "*") return;
    const bool is_relative = position.front() == '+' || position.front() == '-';
    const double by = number_in(position.substr(is_relative ? 1 : 0)).value_or(0);
    line_ = !is_relative ? by : line_ + (position.front() == '+' ? by : -by);
    line_ = std::clamp(line_, 0.0, 1e9);
  }

  CountedFunction& mine() {
    CountedFunction& function = work_.functions[function_];
    if (is_first_ && function.file.empty() && file_ != "???") {
      function.file = file_;
      function.line = static_cast<int>(line_);
    }
    is_first_ = false;
    return function;
  }

  CountedWork& work_;
  Names objects_, files_, functions_;
  std::string object_, file_, function_, called_, called_object_;
  double line_ = 0;
  bool is_first_ = true;  // cost of this function
  bool is_call_ = false;  // the next cost is that of a call
  bool has_events_ = false;
};

double mean_of(const std::vector<CountedWork>& runs, double CountedWork::*number) {
  double sum = 0;
  for (const CountedWork& run : runs) sum += run.*number;
  return runs.empty() ? 0 : sum / static_cast<double>(runs.size());
}

double instructions_of(const CountedWork& run, const std::string& function) {
  const auto found = run.functions.find(function);
  return found == run.functions.end() ? 0 : found->second.instructions;
}

}  // namespace

Result<void> add_callgrind(std::string_view text, CountedWork& work) {
  Reader reader(work);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    MELISAI_CHECK(reader.line(text.substr(at, end - at)));
    at = end + 1;
  }
  if (!reader.is_callgrind()) return bad("no instructions were counted");
  return {};
}

Result<CountedWork> read_callgrind(const std::string& directory) {
  namespace fs = std::filesystem;
  CountedWork work;
  std::size_t files = 0;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with("callgrind.")) continue;
    if (++files > kFilesMax) return Error{Errc::limit, "more than 1,000 processes"};
    MELISAI_TRY(const std::string text, read_file(entry->path().string(), kFileBytesMax));
    MELISAI_CHECK(add_callgrind(text, work));
  }
  if (files == 0) return Error{Errc::not_found, "callgrind wrote nothing"};
  return work;
}

std::string disagreement(const WorkRuns& runs) {
  for (const auto* side : {&runs.base, &runs.head}) {
    const auto [low, high] = std::minmax_element(
        side->begin(), side->end(),
        [](const CountedWork& a, const CountedWork& b) { return a.instructions < b.instructions; });
    if (low != side->end() &&
        high->instructions - low->instructions > kAgreement * low->instructions)
      return "two runs of " + std::string(side == &runs.base ? "base" : "head") +
             " executed different numbers of instructions: the work depends on time or randomness; "
             "fix seeds and inputs";
  }
  return "";
}

void add_work(const WorkRuns& runs, gate::CauseInput& input) {
  if (runs.base.empty() || runs.head.empty()) return;
  const auto put = [&](gate::Signal signal, double CountedWork::*number) {
    input.signals.insert_or_assign(
        signal, gate::Observed{{mean_of(runs.base, number)}, {mean_of(runs.head, number)}});
  };
  put(gate::Signal::instructions, &CountedWork::instructions);
  put(gate::Signal::allocations, &CountedWork::allocations);
}

std::vector<EvidenceFunction> grown_functions(const WorkRuns& runs,
                                              const std::vector<std::string>& trees) {
  if (runs.base.empty() || runs.head.empty()) return {};
  // Runs agree, so that one of each side is enough.
  constexpr double kWorthNaming = 0.03;  // of the growth of all
  const CountedWork& base = runs.base.front();
  const CountedWork& head = runs.head.front();
  const double all = head.instructions - base.instructions;
  std::vector<EvidenceFunction> functions;
  for (const auto& [name, counted] : head.functions) {
    const double before = instructions_of(base, name);
    if (counted.instructions - before <= std::max(kWorthNaming * all, 0.0)) continue;
    EvidenceFunction& function =
        functions.emplace_back(EvidenceFunction{.name = name,
                                                .file = counted.file,
                                                .line = counted.line,
                                                .when = "on-cpu",
                                                .unit = "count",
                                                .base = before,
                                                .head = counted.instructions,
                                                .confidence = 1});
    for (const std::string& tree : trees)
      if (!tree.empty() && function.file.starts_with(tree + "/"))
        function.file.erase(0, tree.size() + 1);
  }
  std::stable_sort(functions.begin(), functions.end(),
                   [](const EvidenceFunction& a, const EvidenceFunction& b) {
                     return a.head - a.base > b.head - b.base;
                   });
  if (functions.size() > kFunctionsKept) functions.resize(kFunctionsKept);
  return functions;
}

}  // namespace melisai
