// A RemoteRepo from tables: tests set what each address answers, fetches are written down.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/git.h"

namespace melisai {

class FakeRemoteRepo : public RemoteRepo {
 public:
  std::map<std::string, std::vector<RemoteRef>> servers;  ///< by address
  /// By commit, each by path: what fetch_file() finds.
  std::map<std::string, std::map<std::string, std::string>> commits;
  std::optional<Error> failure;  ///< set: every question fails so
  std::vector<RemoteAddress> asked;
  std::vector<FetchRequest> fetches;

  Result<std::vector<RemoteRef>> refs(const RemoteAddress& address) override {
    asked.push_back(address);
    if (failure) return *failure;
    if (const auto found = servers.find(address.url); found != servers.end()) return found->second;
    return Error{Errc::git, "no repository at " + address.url};
  }

  Result<void> fetch(const FetchRequest& request) override {
    if (failure) return *failure;
    fetches.push_back(request);
    return {};
  }

  Result<std::optional<std::string>> fetch_file(const FetchRequest& request,
                                                const std::string& path) override {
    MELISAI_CHECK(fetch(request));
    const auto& files = commits[request.sha];
    const auto found = files.find(path);
    return found == files.end() ? std::optional<std::string>() : found->second;
  }
};

}  // namespace melisai
