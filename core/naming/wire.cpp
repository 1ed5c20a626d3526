#include "core/naming/wire.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "core/base/text.h"

namespace melisai::naming {
namespace {

constexpr std::string_view kEnd = "end\n";
constexpr std::string_view kNothing = "-";
constexpr std::size_t kTextBytesMax = 4'096;  // of a path, or of a sentence
constexpr double kWeightTolerance = 1e-6;     // for sums in another order

Error strange(const std::string& what) {
  return {Errc::parse, "melisai-gate-symbols answered what this program does not understand (" +
                           what + "): are both from one installation?"};
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The text up to the first `mark`, which is taken away with it.
std::string_view take_until(char mark, std::string_view& text) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

std::string text_in(std::string_view text) { return printable(text.substr(0, kTextBytesMax)); }

template <class Number>
void append(Number number, std::string& text) {
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), number);
  text.append(digits, end);
}

std::optional<FrameKind> kind_in(std::string_view text) {
  const auto number = number_in<unsigned>(text);
  if (!number || *number > static_cast<unsigned>(FrameKind::process)) return std::nullopt;
  return static_cast<FrameKind>(*number);
}

/// What an answer to a request for names may hold.
struct Bounds {
  std::size_t stacks = 0;
  std::size_t frames = 0;
  double weight = 0;
};

Bounds bounds_of(const CollectedStacks& asked, flame::Weight weight) {
  constexpr std::size_t kBesideUserAndKernel = 2;  // the process, a caller that had no frame
  Bounds bounds{.stacks = asked.stacks.size()};
  for (const CollectedStack& stack : asked.stacks) {
    bounds.frames += stack.user.size() + stack.kernel.size() + kBesideUserAndKernel;
    bounds.weight += weight == flame::Weight::time ? stack.total_ns : stack.count;
  }
  return bounds;
}

class NamesReader {
 public:
  explicit NamesReader(const Bounds& bounds) : bounds_(bounds) {}

  Result<flame::Named> read(std::string_view text) {
    while (!text.empty()) {
      std::string_view rest = take_until('\n', text);
      const std::string_view word = take_until(' ', rest);
      if (word == "frame") {
        if (!take_frame(rest)) return strange("a frame");
      } else if (word == "stack") {
        if (!take_stack(rest)) return strange("a stack");
      } else if (word == "advice") {
        named_.advice = text_in(rest);
      } else if (word != "end" || !text.empty()) {
        return strange("a line of names");
      }
    }
    const double total = named_.stacks.total();
    if (!(std::abs(total - bounds_.weight) <= kWeightTolerance * bounds_.weight))
      return strange("another weight than it was asked for");
    return std::move(named_);
  }

 private:
  /// "KIND PLACE NAME"
  bool take_frame(std::string_view rest) {
    const std::optional<FrameKind> kind = kind_in(take_until(' ', rest));
    const std::string_view place_text = take_until(' ', rest);
    const auto place = number_in<symbols::FrameId>(place_text);
    if (!kind || (!place && place_text != kNothing) || rest.size() > kTextBytesMax ||
        numbers_.size() == bounds_.frames)
      return false;
    numbers_.push_back(named_.stacks.frame({std::string(rest), *kind}));
    if (place) named_.places.emplace(named_.stacks.frame(numbers_.back()), *place);
    return true;
  }

  /// "WEIGHT FRAME ..."
  bool take_stack(std::string_view rest) {
    const auto weight = number_in<double>(take_until(' ', rest));
    if (!weight || !std::isfinite(*weight) || !(*weight > 0) || stacks_ == bounds_.stacks)
      return false;
    flame::Stack stack;
    while (!rest.empty()) {
      const auto index = number_in<std::uint32_t>(take_until(' ', rest));
      if (!index || *index >= numbers_.size() || stack.size() == flame::kDepthMax) return false;
      stack.push_back(numbers_[*index]);
    }
    if (stack.empty()) return false;
    ++stacks_;
    named_.stacks.add(std::move(stack), *weight);
    return true;
  }

  const Bounds bounds_;
  flame::Named named_;
  std::vector<std::uint32_t> numbers_;  // of frames, as they came
  std::size_t stacks_ = 0;
};

/// " FILE OFFSET" for each.
void append(std::string_view word, const std::vector<CollectedFrame>& frames, std::string& text) {
  text += word;
  for (const CollectedFrame& frame : frames) {
    text += ' ';
    append(frame.file, text);
    text += ' ';
    append(frame.offset, text);
  }
}

class CollectedReader {
 public:
  explicit CollectedReader(flame::Weight weight)
      : request_{.kind = Request::Kind::names, .weight = weight, .collected = {}} {}

  std::optional<Request> read(std::string_view text) {
    while (!text.empty()) {
      std::string_view rest = take_until('\n', text);
      if (!take(take_until(' ', rest), rest)) return std::nullopt;
    }
    return std::move(request_);
  }

 private:
  bool take(std::string_view word, std::string_view rest) {
    std::vector<CollectedStack>& stacks = request_.collected.stacks;
    if (word == "file") return take_file(rest);
    if (word == "stack") return take_stack(rest);
    if (stacks.empty()) return false;
    if (word == "user") return take_frames(rest, stacks.back().user);
    if (word == "top") return take_frames(rest, stacks.back().top);
    while (!rest.empty()) stacks.back().kernel.emplace_back(take_until('\t', rest));
    return word == "kernel";
  }

  bool take_file(std::string_view rest) {
    const auto inode = number_in<std::uint64_t>(take_until(' ', rest));
    const std::string_view build_id = take_until(' ', rest);
    request_.collected.files.push_back(
        {.path = std::string(rest),
         .build_id = build_id == kNothing ? "" : std::string(build_id),
         .inode = inode.value_or(0)});
    return inode.has_value();
  }

  bool take_stack(std::string_view rest) {
    const auto pid = number_in<std::uint32_t>(take_until(' ', rest));
    const auto weight = number_in<double>(take_until(' ', rest));
    CollectedStack& stack = request_.collected.stacks.emplace_back();
    stack.pid = pid.value_or(0);
    (request_.weight == flame::Weight::time ? stack.total_ns : stack.count) = weight.value_or(0);
    stack.comm = rest;
    return pid && weight;
  }

  bool take_frames(std::string_view rest, std::vector<CollectedFrame>& frames) const {
    const auto files = static_cast<std::int64_t>(request_.collected.files.size());
    while (!rest.empty()) {
      const auto file = number_in<std::int64_t>(take_until(' ', rest));
      const auto offset = number_in<std::uint64_t>(take_until(' ', rest));
      if (!file || !offset || *file < -1 || *file >= files) return false;
      frames.push_back({.file = *file, .offset = *offset});
    }
    return true;
  }

  Request request_;
};

// Nothing for an answer that is no refusal.
std::optional<Error> failure_in(std::string_view text) {
  std::string_view line = take_until('\n', text);
  if (take_until(' ', line) != "failed") return std::nullopt;
  const Errc code = take_until(' ', line) == "limit" ? Errc::limit : Errc::not_found;
  return Error{code, text_in(line)};
}

}  // namespace

std::string names_request(const CollectedStacks& collected, flame::Weight weight) {
  std::string text = weight == flame::Weight::time ? "time\n" : "count\n";
  for (const CollectedFile& file : collected.files)
    text += "file " + std::to_string(file.inode) + " " +
            (file.build_id.empty() ? std::string(kNothing) : file.build_id) + " " +
            printable(file.path) + "\n";
  for (const CollectedStack& stack : collected.stacks) {
    text += "stack ";
    append(stack.pid, text);
    text += ' ';
    append(weight == flame::Weight::time ? stack.total_ns : stack.count, text);
    text += ' ' + printable(stack.comm);
    append("\nuser", stack.user, text);
    append("\ntop", stack.top, text);
    text += "\nkernel ";
    for (const std::string& name : stack.kernel) text += printable(name) + '\t';
    text += '\n';
  }
  return text += kEnd;
}

std::string line_request(symbols::FrameId place) {
  return "line " + std::to_string(place) + "\n" + std::string(kEnd);
}

std::string problems_request() { return "problems\n" + std::string(kEnd); }

std::optional<Request> read_request(std::string_view text) {
  if (!is_whole(text)) return std::nullopt;
  text.remove_suffix(kEnd.size());
  std::string_view line = take_until('\n', text);
  const std::string_view word = take_until(' ', line);
  if (word == "count" || word == "time")
    return CollectedReader(word == "time" ? flame::Weight::time : flame::Weight::count).read(text);
  if (word == "problems") return Request{.kind = Request::Kind::problems, .collected = {}};
  const auto place = number_in<symbols::FrameId>(line);
  if (word != "line" || !place) return std::nullopt;
  return Request{.kind = Request::Kind::line, .collected = {}, .place = *place};
}

std::string names_answer(const flame::Named& named) {
  std::string text;
  for (std::uint32_t number = 0; number < named.stacks.frames(); ++number) {
    const StackFrame& frame = named.stacks.frame(number);
    const auto place = named.places.find(frame);
    text += "frame ";
    append(static_cast<unsigned>(frame.kind), text);
    text += ' ';
    if (place == named.places.end())
      text += kNothing;
    else
      append(place->second, text);
    text += ' ';
    text += printable(frame.name);
    text += '\n';
  }
  for (const auto& [stack, weight] : named.stacks.all()) {
    text += "stack ";
    append(weight, text);
    for (const std::uint32_t number : stack) {
      text += ' ';
      append(number, text);
    }
    text += '\n';
  }
  if (!named.advice.empty()) text += "advice " + printable(named.advice) + "\n";
  return text += kEnd;
}

std::string line_answer(const symbols::SourceLine& line) {
  std::string text = "line ";
  append(line.line, text);
  return text + " " + printable(line.file) + "\n" + std::string(kEnd);
}

// What is printable has no tab.
std::string problems_answer(const std::vector<symbols::FileProblem>& problems) {
  std::string text;
  for (const symbols::FileProblem& each : problems)
    text += "problem " + printable(each.path) + "\t" + printable(each.text) + "\n";
  return text += kEnd;
}

std::string failed_answer(const Error& error) {
  return std::string("failed ") + (error.code == Errc::limit ? "limit " : "other ") +
         printable(error.message) + "\n" + std::string(kEnd);
}

bool is_whole(std::string_view text) {
  return text == kEnd || (text.ends_with(kEnd) && text[text.size() - kEnd.size() - 1] == '\n');
}

Result<flame::Named> read_names(std::string_view text, const CollectedStacks& asked,
                                flame::Weight weight) {
  if (const auto failure = failure_in(text)) return *failure;
  return NamesReader(bounds_of(asked, weight)).read(text);
}

Result<symbols::SourceLine> read_line(std::string_view text) {
  if (const auto failure = failure_in(text)) return *failure;
  std::string_view rest = take_until('\n', text);
  const bool is_line = take_until(' ', rest) == "line";
  const auto number = number_in<int>(take_until(' ', rest));
  if (!is_line || !number || *number < 1 || rest.empty() || text != kEnd) return strange("a line");
  return symbols::SourceLine{.file = text_in(rest), .line = *number};
}

Result<std::vector<symbols::FileProblem>> read_problems(std::string_view text) {
  std::vector<symbols::FileProblem> problems;
  while (text != kEnd) {
    std::string_view rest = take_until('\n', text);
    if (take_until(' ', rest) != "problem" || problems.size() == symbols::kImagesMax)
      return strange("a problem");
    const std::string_view path = take_until('\t', rest);
    problems.push_back({text_in(path), text_in(rest)});
  }
  return problems;
}

}  // namespace melisai::naming
