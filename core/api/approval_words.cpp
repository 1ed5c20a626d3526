#include "core/api/approval_words.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"

namespace melisai::api {
namespace {

using Action = store::Approval::Action;

constexpr std::string_view kName = "/melisai-gate";
constexpr std::size_t kDigitsMin = 12;
constexpr std::size_t kDigitsMax = 64;

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

Error not_understood(const std::string& why) {
  return {Errc::usage, why + "; write " + std::string(kName) + " approve SHA, or " +
                           std::string(kName) + " retry SHA"};
}

Result<std::string> digits_of(std::string_view word) {
  std::string digits(word);
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  if (digits.size() >= kDigitsMin && digits.size() <= kDigitsMax &&
      digits.find_first_not_of("0123456789abcdef") == std::string::npos)
    return digits;
  return not_understood(in_quotes(digits) + " is no commit of at least " +
                        std::to_string(kDigitsMin) + " hex digits");
}

std::string short_sha(const std::string& sha) { return sha.substr(0, kDigitsMin); }

}  // namespace

Result<std::optional<CommentCommand>> comment_command(std::string_view text) {
  // Only the first line: what is quoted, or shown as an example, is no command.
  const std::vector<std::string_view> words = words_of(text.substr(0, text.find('\n')));
  if (words.empty() || words.front() != kName || text.front() != '/')
    return std::optional<CommentCommand>();
  constexpr std::size_t kWordsMax = 3;
  CommentCommand command;
  if (words.size() < 2 || words.size() > kWordsMax ||
      (words[1] != "approve" && words[1] != "retry"))
    return not_understood("that is no command");
  if (words[1] == "retry") command.action = Action::retry;
  if (words.size() == kWordsMax) {
    MELISAI_TRY(command.sha, digits_of(words[2]));
  }
  return std::optional(std::move(command));
}

Result<std::string> asked_head(const AskedFor& asked, const store::PullRequest& known,
                               Milliseconds age) {
  if (!known.open) return Error{Errc::usage, "it is closed"};
  if (!known.sha.starts_with(asked.sha))
    return Error{Errc::usage, "its head is " + short_sha(known.sha) + " now, not " +
                                  short_sha(asked.sha) + "; look at that one"};
  if (asked.names_it) return known.sha;
  // Ours when the clock of the forge is ahead.
  const WallTime at = std::min(asked.at.value_or(known.since), asked.received_at);
  if (at >= known.since + age) return known.sha;
  return Error{Errc::usage, "its head " + short_sha(known.sha) + " was not known for " +
                                format_duration(age) + " when that was asked for; name it: " +
                                std::string(kName) + " approve " + short_sha(known.sha)};
}

}  // namespace melisai::api
