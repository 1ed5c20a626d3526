// Asks a forge one question, through melisai-gate-https (ci/github-contract).
// usage: forge_probe API REPOSITORY ID LOGIN    the token is standard input
// Prints {"may": true} or {"error": "config", "message": "..."}, and ends with 0 in both cases.
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/process.h"
#include "core/forge/forge.h"

namespace {

using nlohmann::json;

std::string name_of(melisai::Errc code) {
  switch (code) {
    case melisai::Errc::config: return "config";
    case melisai::Errc::unavailable: return "unavailable";
    case melisai::Errc::parse: return "parse";
    default: return "another";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: forge_probe API REPOSITORY ID LOGIN    the token is standard input\n";
    return 2;
  }
  const std::string token(std::istreambuf_iterator<char>(std::cin), {});
  const auto helper = melisai::find_helper("melisai-gate-https");
  if (!helper) {
    std::cerr << helper.error().message << "\n";
    return 2;
  }
  const auto client = melisai::make_http_client(*helper);
  const melisai::Interrupt interrupt;
  const auto may = melisai::forge::may_write({.kind = melisai::forge::Kind::github,
                                              .api = argv[1],
                                              .token = token,
                                              .repository = argv[2],
                                              .allow_private = true},
                                             {std::stoll(argv[3]), argv[4]}, *client, interrupt);
  const json answer =
      may ? json{{"may", *may}}
          : json{{"error", name_of(may.error().code)}, {"message", may.error().message}};
  std::cout << answer.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
}
