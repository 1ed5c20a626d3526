#include "core/base/glob.h"

#include <cstddef>

namespace melisai {

// Only the last star is ever tried again: what an earlier one could take in addition, it can take
// as well. fnmatch() tries them all, which a hostile pattern turns into hours.
bool matches_glob(std::string_view glob, std::string_view text) {
  std::size_t in_glob = 0;
  std::size_t in_text = 0;
  std::size_t after_star = std::string_view::npos;  // in `glob`
  std::size_t star_end = 0;                         // in `text`: what the star has taken so far
  while (in_text < text.size()) {
    if (in_glob < glob.size() && glob[in_glob] == '*') {
      after_star = ++in_glob;
      star_end = in_text;
    } else if (in_glob < glob.size() && (glob[in_glob] == '?' || glob[in_glob] == text[in_text])) {
      ++in_glob;
      ++in_text;
    } else if (after_star != std::string_view::npos) {
      in_glob = after_star;
      in_text = ++star_end;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', in_glob) == std::string_view::npos;
}

}  // namespace melisai
