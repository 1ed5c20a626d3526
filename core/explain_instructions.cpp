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
#include "core/explain_processes.h"
#include "core/symbols/symbols.h"

namespace melisai {
namespace {

constexpr Bytes kFileBytesMax = 64 << 20;
constexpr Bytes kRunBytesMax = 256 << 20;  // of all its files; links make one file many
constexpr std::size_t kFilesMax = 1'000;
constexpr std::size_t kNamesMax = 200'000;      // with a number, of a file
constexpr std::size_t kFunctionsMax = 200'000;  // of a run
constexpr std::size_t kNameBytesMax = 2'000;
constexpr std::size_t kRunNameBytesMax = 64 << 20;
constexpr std::size_t kLinesUnwatched = 4'096;
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

/// Not what valgrind knows by its address only, nor what starts main and so did all there is.
bool has_name(std::string_view function) {
  return !function.starts_with("0x") && function != "(below main)" && function != "_start";
}

bool allocates(std::string_view function) {
  constexpr std::array<std::string_view, 6> kNames{"malloc",        "calloc",   "realloc",
                                                   "aligned_alloc", "memalign", "posix_memalign"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

/// Not counted as one where it asks malloc, which then is called by it.
bool allocates_for_cpp(std::string_view function) { return function.starts_with("operator new"); }

Error too_late() { return {Errc::timeout, "callgrind: no time is left to read its files"}; }

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
      MELISAI_TRY(std::string file, files_.read(value));
      // "fi" and "fe" go to what was inlined and back.
      if (key == "fi" || key == "fe") is_elsewhere_ = file != file_;
      if (key == "fl") begin_file(std::move(file));
    }
    return {};
  }

  void begin_file(std::string file) {
    file_ = std::move(file);
    file_number_ = 0;
    is_elsewhere_ = false;
  }

  // Recursion has names of its own: "f'2".
  void begin_function() {
    const std::size_t level = function_.rfind('\'');
    if (level != std::string::npos && number_in(std::string_view(function_).substr(level + 1)))
      function_.resize(level);
    called_object_.clear();
    is_elsewhere_ = false;
    mine_ = nullptr;
  }

  Result<void> calls(std::string_view value) {
    const std::optional<double> count = number_in(value.substr(0, value.find(' ')));
    if (!count) return bad("calls without a number");
    is_call_ = true;
    const bool is_allocation = allocates(called_) && !allocates(function_);
    if (is_allocation) work_.allocations += *count;
    if (is_ours() && (is_allocation || allocates_for_cpp(called_))) {
      MELISAI_TRY(CountedFunction * function, mine());
      function->allocations += *count;
    }
    return {};
  }

  Result<void> cost(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    move(text.substr(0, space));
    const std::string_view rest = text.substr(space + 1);
    const std::optional<double> count = number_in(rest.substr(0, rest.find(' ')));
    if (!count) return bad("a cost that is no number");
    if (!is_call_) work_.instructions += *count;
    // What a library did for us; what we did for us is counted where it is done.
    const std::string& object = called_object_.empty() ? object_ : called_object_;
    if (is_ours() && (!is_call_ || symbols::is_library(object))) {
      MELISAI_TRY(CountedFunction * function, mine());
      function->instructions += *count;
      if (function->line == 0 && file_ != "???" && !is_elsewhere_)
        function->line = static_cast<int>(line_);
    }
    if (is_call_) called_object_.clear();
    is_call_ = false;
    return {};
  }
  bool is_ours() const { return !symbols::is_library(object_) && has_name(function_); }

  void move(std::string_view position) {
    if (position == "*") return;
    const bool is_relative = position.front() == '+' || position.front() == '-';
    const double by = number_in(position.substr(is_relative ? 1 : 0)).value_or(0);
    line_ = !is_relative ? by : line_ + (position.front() == '+' ? by : -by);
    line_ = std::clamp(line_, 0.0, 1e9);
  }

  Result<CountedFunction*> mine() {
    if (mine_ != nullptr) return mine_;
    const auto [known, fresh] = work_.functions.try_emplace(function_);
    if (fresh) MELISAI_CHECK(keep_name(function_));
    if (known->second.file == 0 && file_ != "???" && !file_.empty()) {
      if (file_number_ == 0) {
        MELISAI_CHECK(keep_name(file_));
        file_number_ = work_.files.size();
        work_.files.push_back(file_);
      }
      known->second.file = file_number_;
    }
    mine_ = &known->second;
    return mine_;
  }

  Result<void> keep_name(const std::string& name) {
    work_.name_bytes += name.size();
    if (work_.functions.size() > kFunctionsMax || work_.name_bytes > kRunNameBytesMax)
      return Error{Errc::limit, "callgrind: more than 200,000 functions, or 64 MiB of their names"};
    return {};
  }

  CountedWork& work_;
  Names objects_, files_, functions_;
  std::string object_, file_, function_, called_, called_object_;
  double line_ = 0;
  CountedFunction* mine_ = nullptr;  // function_, once it is counted
  std::size_t file_number_ = 0;      // of file_, once a function has it
  bool is_elsewhere_ = false;        // costs are of what was inlined from another file
  bool is_call_ = false;             // the next cost is that of a call
  bool has_events_ = false;
};

double mean_of(const std::vector<CountedWork>& runs, double CountedWork::*number) {
  double sum = 0;
  for (const CountedWork& run : runs) sum += run.*number;
  return runs.empty() ? 0 : sum / static_cast<double>(runs.size());
}

double of_function(const CountedWork& run, const std::string& function,
                   double CountedFunction::*number) {
  const auto found = run.functions.find(function);
  return found == run.functions.end() ? 0 : found->second.*number;
}

}  // namespace

Result<void> add_callgrind(std::string_view text, CountedWork& work, const IsLate& is_late) {
  Reader reader(work);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (++lines % kLinesUnwatched == 0 && is_late && is_late()) return too_late();
    const std::size_t end = std::min(text.find('\n', at), text.size());
    MELISAI_CHECK(reader.line(text.substr(at, end - at)));
    at = end + 1;
  }
  if (!reader.is_callgrind()) return bad("no instructions were counted");
  return {};
}

std::vector<std::string> callgrind_command(const std::string& valgrind) {
  // Nothing from .valgrindrc of the tree, which is a stranger's.
  return {valgrind,
          "--command-line-only=yes",
          "--tool=callgrind",
          "--quiet",
          "--trace-children=yes",
          std::string(kDumpBeforeExec) + "*",
          std::string(kDumpBeforeFork),
          "--callgrind-out-file={dir%%}/callgrind.%p"};
}

Result<CountedWork> read_callgrind(const std::string& directory, const IsLate& is_late) {
  namespace fs = std::filesystem;
  CountedWork work;
  std::vector<CountedProcess> processes;
  std::size_t files = 0;
  Bytes bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (is_late && is_late()) return too_late();
    if (!entry->path().filename().string().starts_with("callgrind.")) continue;
    if (++files > kFilesMax) return Error{Errc::limit, "more than 1,000 processes"};
    MELISAI_TRY(const std::string text, read_file(entry->path().string(), kFileBytesMax));
    bytes += static_cast<Bytes>(text.size());
    if (bytes > kRunBytesMax) return Error{Errc::limit, "callgrind wrote more than 256 MiB"};
    CountedProcess process = process_of(text);
    CountedWork unfinished;
    CountedWork& into = process.is_unfinished ? unfinished : work;
    const double before = into.instructions;
    MELISAI_CHECK(add_callgrind(text, into, is_late));
    process.instructions = into.instructions - before;
    processes.push_back(std::move(process));
  }
  if (files == 0) return Error{Errc::not_found, "callgrind wrote nothing"};
  const std::string problem = why_not_countable(processes);
  if (!problem.empty()) return Error{Errc::unavailable, problem};
  return work;
}

std::string disagreement(const WorkRuns& runs, double tolerance) {
  for (const auto* side : {&runs.base, &runs.head}) {
    const auto [low, high] = std::minmax_element(
        side->begin(), side->end(),
        [](const CountedWork& a, const CountedWork& b) { return a.instructions < b.instructions; });
    if (low != side->end() && high->instructions - low->instructions >
                                  std::max(kAgreement, tolerance) * low->instructions)
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

namespace {

double spread_of(const std::vector<CountedWork>& runs, double CountedWork::*total) {
  const auto [low, high] = std::minmax_element(
      runs.begin(), runs.end(),
      [&](const CountedWork& a, const CountedWork& b) { return a.*total < b.*total; });
  return (*high).*total - (*low).*total;
}

}  // namespace

std::vector<EvidenceFunction> grown_functions(const WorkRuns& runs, Cause cause,
                                              const std::vector<std::string>& trees) {
  if (runs.base.empty() || runs.head.empty()) return {};
  constexpr double kWorthNaming = 0.03;  // of the growth of all
  const CountedWork& base = runs.base.front();
  const CountedWork& head = runs.head.front();
  const bool is_allocation = cause == Cause::allocation;
  const auto total = is_allocation ? &CountedWork::allocations : &CountedWork::instructions;
  const auto number =
      is_allocation ? &CountedFunction::allocations : &CountedFunction::instructions;
  const double all = head.*total - base.*total;
  const double noise = std::max(
      {kAgreement * base.*total, spread_of(runs.base, total), spread_of(runs.head, total)});
  if (all <= noise) return {};
  std::vector<EvidenceFunction> functions;
  for (const auto& [name, counted] : head.functions) {
    const double before = of_function(base, name, number);
    if (counted.*number - before <= std::max(kWorthNaming * all, noise)) continue;
    EvidenceFunction& function =
        functions.emplace_back(EvidenceFunction{.name = name,
                                                .file = head.files.at(counted.file),
                                                .line = counted.line,
                                                .when = "on-cpu",
                                                .unit = "count",
                                                .base = before,
                                                .head = counted.*number,
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
