#include <nlohmann/json.hpp>

#include "core/api/tokens.h"
#include "core/base/output.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json json_of(const Token& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"scope", to_string(token.scope)},
          {"created_at", token.created_at}};
}

Result<std::string> created(const TokenRequest& request, const Clock& clock, const Tell& tell) {
  MELISAI_TRY(const MadeToken made, create_token(request.state_dir, request.wanted, clock));
  tell("the token is shown once; `melisai-gate token revoke " + made.token.id + "` ends it");
  // Alone on standard output, for TOKEN=$(melisai-gate token create ...).
  if (!request.json) return made.secret + "\n";
  Json json = json_of(made.token);
  json["token"] = made.secret;
  return text_of(json);
}

Result<std::string> listed(const TokenRequest& request) {
  MELISAI_TRY(const std::vector<Token> all, read_tokens(request.state_dir));
  Json json = Json::array();
  std::string text;
  for (const Token& token : all) {
    json.push_back(json_of(token));
    text += token.id + "  " + std::string(to_string(token.scope)) +
            std::string(9 - to_string(token.scope).size(), ' ') + token.created_at + "  " +
            printable(token.name) + "\n";
  }
  if (request.json) return text_of(json);
  return all.empty()
             ? "there is no token; `melisai-gate token create NAME --scope read` makes one\n"
             : text;
}

Result<std::string> answer(const TokenRequest& request, const Clock& clock, const Tell& tell) {
  switch (request.what) {
    case TokenRequest::What::create: return created(request, clock, tell);
    case TokenRequest::What::list: return listed(request);
    case TokenRequest::What::revoke: break;
  }
  MELISAI_CHECK(revoke_token(request.state_dir, request.id));
  return "revoked " + request.id + "\n";
}

}  // namespace

Result<int> tokens(const TokenRequest& request, const Clock& clock,
                   const std::function<bool(std::string_view)>& print, const Tell& tell) {
  MELISAI_TRY(const std::string text, answer(request, clock, tell));
  if (!print(text)) return cannot_print();
  return 0;
}

}  // namespace melisai::api
