#include "core/worker/loader.h"

#include <algorithm>
#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <charconv>
#include <exception>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "core/worker/limits.h"

namespace melisai::worker {
namespace {

constexpr std::string_view kPrefix = "melisai_collector_v";
constexpr const char* kSymbol = "melisai_collector_v1";
static_assert(MELISAI_ABI_MAJOR == 1);

Error refuse(const std::string& path, const std::string& what) {
  return {Errc::config, printable(path) + " " + what};
}

// 2 for "melisai_collector_v2", 0 for what is no such symbol.
unsigned major_version(std::string_view symbol) {
  if (!symbol.starts_with(kPrefix)) return 0;
  symbol.remove_prefix(kPrefix.size());
  unsigned major = 0;
  const auto [end, error] = std::from_chars(symbol.data(), symbol.data() + symbol.size(), major);
  return error == std::errc() && end == symbol.data() + symbol.size() ? major : 0;
}

// Read from the file: nothing of the library runs yet.
Result<void> check_symbols(const std::string& path, const std::string& name) {
  unsigned newest = 0;
  for (const std::string& symbol : boost::dll::library_info(path).symbols()) {
    const unsigned major = major_version(symbol);
    if (major == MELISAI_ABI_MAJOR) return {};
    newest = std::max(newest, major);
  }
  const std::string ours =
      std::to_string(MELISAI_ABI_MAJOR) + "." + std::to_string(MELISAI_ABI_MINOR);
  if (newest > 0)
    return refuse(name, "is built for plugin ABI " + std::to_string(newest) + ", this is " + ours +
                            ": it needs a newer melisai-gate");
  return refuse(name, "exports no symbol melisai_collector_v1: it is not a melisai-gate plugin");
}

// Boost appends what errno happens to be ("Illegal seek") and a second copy of the path.
std::string reason_of(const std::exception& exception, const std::string& path) {
  std::string_view text = exception.what();
  constexpr std::string_view kTag = "(dlerror system message: ";
  if (const std::size_t at = text.find(kTag); at != std::string_view::npos) {
    text.remove_prefix(at + kTag.size());
    text = text.substr(0, text.rfind(')'));
  }
  if (text.starts_with(path + ": ")) text.remove_prefix(path.size() + 2);
  return printable(text);
}

}  // namespace

Result<const melisai_collector*> load_collector(const std::string& path) {
  return load_collector(path, path);
}

Result<const melisai_collector*> load_collector(const std::string& path, const std::string& name) {
  static std::vector<boost::dll::shared_library> loaded;
  try {
    MELISAI_CHECK(check_symbols(path, name));
    const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
    const PluginMemory limited;
    loaded.emplace_back(path, mode);
    return &loaded.back().get<const melisai_collector>(kSymbol);
  } catch (const std::exception& exception) {
    return refuse(name, "cannot be loaded: " + reason_of(exception, path));
  }
}

}  // namespace melisai::worker
