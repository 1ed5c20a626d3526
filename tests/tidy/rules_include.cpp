#include <algorithm>
#include <map>

#include "tests/tidy/rules.h"

namespace melisai::tidy {
namespace {

constexpr int kSteps = 4;
constexpr int kOnSteps = 5;  // a command in a folder of its own, which joins several steps
constexpr int kOrchestrator = 6;
constexpr int kApi = 8;
constexpr int kDaemon = 9;
constexpr int kMain = 10;

const std::map<std::string, int>& layers() {
  static const std::map<std::string, int> table = {
      {"base", 0},
      {"model", 1},
      {"sandbox", 1},
      {"stats", 2},
      {"symbols", 2},
      {"flame", 3},
      {"store", 3},
      {"naming", kSteps},
      {"trigger", kSteps},
      {"run", kSteps},
      {"measure", kSteps},
      {"collect", kSteps},
      {"gate", kSteps},
      {"recover", kSteps},
      {"report", kSteps},
      {"doctor", kOnSteps},
      {"init", kOnSteps},
      {"supervise", 7},
      {"http", 7},
      {"forge", 7},
      {"host", 7},
      {"api", kApi},
      {"publish", kApi},
      {"serve", kDaemon},
      // Programs of their own beside the gate: they may use base, and nobody includes them.
      {"exec", 1},
      {"git", 1},
      {"https", 1},
      {"mail", 1},
      {"worker", 1}};
  return table;
}

// Generated, and without includes of its own: everybody may use it.
constexpr std::string_view kVersionHeader = "core/version.h";

struct Place {
  std::string folder;  // "" for files directly in core/
  std::string file;
};

Place place_of(std::string_view path) {  // "core/gate/gate.h" -> {"gate", "gate.h"}
  path.remove_prefix(std::string_view("core/").size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {"", std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

// Nothing for a folder that the table does not know.
const int* layer_of(const Place& place) {
  if (place.folder.empty())
    return starts_with_any(place.file, {"main", "cli", "worker_main"}) ? &kMain : &kOrchestrator;
  const auto found = layers().find(place.folder);
  return found == layers().end() ? nullptr : &found->second;
}

// "gate/gate.h", or of a part of a step "measure/formats/formats.h".
bool is_interface(const Place& place) {
  const std::size_t slash = place.file.find('/');
  const std::string part = slash == std::string::npos ? place.folder : place.file.substr(0, slash);
  return place.file == (slash == std::string::npos ? "" : part + "/") + part + ".h";
}

std::string check_core_include(const Place& from, const std::string& target) {
  if (target == kVersionHeader) return "";
  const Place to = place_of(target);
  const int* from_layer = layer_of(from);
  const int* to_layer = layer_of(to);
  if (from_layer == nullptr)
    return "folder core/" + from.folder + " has no layer; add it to the table";
  if (to_layer == nullptr) return "folder core/" + to.folder + " has no layer; add it to the table";
  if (from.folder == to.folder && !from.folder.empty()) return "";
  if (*to_layer > *from_layer) return target + " is above this file in the order of folders";
  if (*to_layer == *from_layer && !from.folder.empty())
    return "core/" + from.folder + " must not include core/" + to.folder +
           ": neither is below the other";
  if ((*to_layer == kSteps || *to_layer == kOnSteps) && !is_interface(to))
    return target + " is private to its step; include core/" + to.folder + "/" + to.folder + ".h";
  if (to.folder == "exec" || to.folder == "git" || to.folder == "https" || to.folder == "mail" ||
      to.folder == "worker")
    return target + " belongs to another program";
  return "";
}

struct Library {
  std::vector<std::string_view> headers;   // prefixes of what is included
  std::vector<std::string_view> owners;    // prefixes of paths; empty: anybody
  bool in_headers = false;                 // may a header of ours include it?
  std::vector<std::string_view> except{};  // prefixes of headers of ours that may all the same
};

bool may_include(const SourceFile& header, const Library& library) {
  return library.in_headers || header.path.starts_with("tests/") ||
         starts_with_any(header.path, library.except);
}

// The first entry that matches an include rules it.
const std::vector<Library>& libraries() {
  static const std::vector<Library> table = {
      {{"CLI/"}, {"core/main", "core/cli"}},
      {{"yaml-cpp/"}, {"core/base/config"}},
      {{"spdlog/", "fmt/"}, {"core/base/log.cpp"}},
      {{"git2"}, {"core/git/"}, true},
      {{"curl/"}, {"core/https/", "core/mail/"}},
      {{"re2/", "expat.h"}, {"core/measure/formats/"}},
      {{"date/"}, {"core/trigger/zone.cpp"}},
      {{"openssl/"},
       {"core/api/tokens_crypto.cpp", "core/publish/rs256.cpp",
        "core/trigger/webhook_signature.cpp", "tests/unit/publish/app_login_test.cpp"}},
      {{"libelf.h", "gelf.h", "elfutils/"}, {"core/symbols/"}},
      {{"dwarf.h"}, {"core/symbols/", "tests/unit/symbols/"}},
      {{"sqlite3.h"}, {"core/store/", "tests/unit/store/"}, true},
      {{"nlohmann/json_fwd.hpp"}, {}, true},
      {{"nlohmann/"},
       {"core/base/collector_", "core/base/exec_protocol.cpp",
        "core/base/git.cpp",    "core/base/http_client.cpp",
        "core/base/process",    "core/git/",
        "core/model/",          "core/measure/",
        "core/store/",          "core/bisect_json",
        "core/doctor/",         "core/history_output",
        "core/host/mcp",        "core/http",
        "core/forge/",          "core/api/",
        "core/init/",           "core/publish/",
        "core/mail/",           "core/records",
        "core/replay",          "core/selftest_json",
        "core/parse_file",      "core/fix_evidence",
        "core/pipeline_json",   "core/serve/",
        "core/trigger/custom",  "core/trigger/webhook",
        "plugins/ebpf/",        "plugins/procfs/",
        "plugins/perf/",        "plugins/common/stack_json",
        "plugins/process/options.cpp",
        "tests/"},
       false,
       {"plugins/ebpf/findings.h", "plugins/procfs/part.h", "plugins/common/stack_json.h"}},
      {{"bpf/", "ebpf.skel.h", "ebpf_syscalls.inc"}, {"plugins/ebpf/"}, true},
      {{"boost/system/", "boost/assert/", "boost/config"}, {}, true},
      {{"boost/dll"}, {"core/worker/"}},
      {{"boost/math/"}, {"core/stats/", "tests/unit/stats/"}},
      {{"boost/beast"}, {"core/http/request_reader.cpp"}},
      {{"boost/asio/ssl"}, {"core/http/tls_wire.cpp", "tests/unit/http/tls"}},
      {{"boost/asio", "boost/process"},
       {"core/base/child", "core/base/helper_call", "core/base/peer", "core/base/process",
        "core/http/", "core/serve/", "core/supervise/", "tests/bench/http_probe.cpp",
        "tests/unit/http/", "tests/unit/serve/", "tests/unit/supervise/"},
       false,
       // Their parts are made of the loop and its timers.
       {"core/serve/", "core/http/session.h", "core/http/wire"}},
      // What Boost.Process 1.81 forgets to include itself.
      {{"boost/core/exchange.hpp", "boost/optional.hpp", "boost/type_traits/"},
       {"core/base/child.cpp"}},
      {{"gtest/", "gmock/"}, {"tests/"}, true},
      {{"benchmark/"}, {"tests/bench/"}},
      {{"boost/"}, {"(nobody; add the library to the table)"}},
  };
  return table;
}

}  // namespace

Findings check_dependencies(const SourceFile& file) {
  Findings findings;
  const bool in_core = file.path.starts_with("core/");
  const bool in_plugins = file.path.starts_with("plugins/");
  if (!in_core && !in_plugins) return findings;
  for (const Include& include : includes_of(file)) {
    std::string problem;
    if (include.target.starts_with("tests/")) problem = "the product must not include tests";
    if (include.target.starts_with("core/"))
      problem = in_plugins ? "a plugin sees the SDK only, never core/"
                           : check_core_include(place_of(file.path), include.target);
    if (!problem.empty()) findings.push_back(finding(file, include.line, problem));
  }
  return findings;
}

Findings check_libraries(const SourceFile& file) {
  Findings findings;
  for (const Include& include : includes_of(file)) {
    const auto library =
        std::find_if(libraries().begin(), libraries().end(),
                     [&](const Library& l) { return starts_with_any(include.target, l.headers); });
    if (library == libraries().end()) continue;
    if (!library->owners.empty() && !starts_with_any(file.path, library->owners))
      findings.push_back(finding(file, include.line,
                                 include.target + " belongs to " + std::string(library->owners[0]) +
                                     "...; go through that file's interface"));
    else if (is_header(file) && !may_include(file, *library))
      findings.push_back(finding(file, include.line,
                                 include.target + " is slow to compile; include it in a .cpp"));
  }
  return findings;
}

Findings check_include_style(const SourceFile& file, const std::set<std::string>& files) {
  Findings findings;
  const auto includes = includes_of(file);
  for (const Include& include : includes) {
    const bool ours = starts_with_any(include.target, {"core/", "plugins/", "tests/"});
    if (include.angled && ours)
      findings.push_back(finding(file, include.line, "own headers are included with quotes"));
    if (include.angled) continue;
    if (!ours || include.target.find("..") != std::string::npos)
      findings.push_back(
          finding(file, include.line,
                  "\"" + include.target + "\" is not relative to the root of the repository"));
    else if (!files.contains(include.target) && include.target != kVersionHeader)
      findings.push_back(finding(file, include.line, include.target + " does not exist"));
  }
  if (!file.path.ends_with(".cpp")) return findings;
  const std::string own = file.path.substr(0, file.path.size() - 4) + ".h";
  if (files.contains(own) && (includes.empty() || includes.front().target != own))
    findings.push_back(finding(file, 1, "the first include must be its own header " + own));
  return findings;
}

Findings check_public_headers(const std::set<std::string>& files) {
  Findings findings;
  for (const auto& [folder, layer] : layers()) {
    if (layer != kSteps && layer != kOnSteps) continue;
    const std::string prefix = "core/" + folder + "/";
    const std::string header = prefix + folder + ".h";
    const auto is_source = [&](const std::string& path) {
      return path.starts_with(prefix) && path.ends_with(".cpp");
    };
    if (std::any_of(files.begin(), files.end(), is_source) && !files.contains(header))
      findings.push_back(header + ":1: a step has a public header named like its folder");
  }
  return findings;
}

}  // namespace melisai::tidy
