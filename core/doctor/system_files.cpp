#include "core/doctor/system_files.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace melisai::doctor {
namespace {

constexpr std::size_t kLinesMax = 10'000;

std::optional<int> parsed(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; lines.size() < kLinesMax && std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::optional<int> whole_number(const std::string& path) {
  const std::vector<std::string> words = words_of(first_line(path));
  return words.size() == 1 ? parsed(words.front()) : std::nullopt;
}

std::string chosen_word(const std::string& text) {
  const std::size_t open = text.find('[');
  if (open == std::string::npos) return text;
  const std::size_t close = text.find(']', open);
  return close == std::string::npos ? "" : text.substr(open + 1, close - open - 1);
}

int count_cpus(std::string_view list) {
  int cpus = 0;
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(range.size() + 1, list.size()));
    const std::size_t dash = range.find('-');
    const std::optional<int> first = parsed(range.substr(0, dash));
    const std::optional<int> last =
        dash == std::string_view::npos ? first : parsed(range.substr(dash + 1));
    if (!first || !last || *last < *first) return 0;
    cpus += *last - *first + 1;
  }
  return cpus;
}

}  // namespace melisai::doctor
