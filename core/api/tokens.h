// Tokens: who may ask the front door for what. STATE_DIR/tokens.json holds of each token its id,
// name, scope and SHA-256; the token itself is shown once, when it is made:
// "mgt_<id>_<43 characters>". The daemon reads the file again when it changes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/scope.h"
#include "core/base/clock.h"
#include "core/base/result.h"

namespace melisai::api {

inline constexpr std::size_t kTokensMax = 1'000;
inline constexpr std::size_t kTokenNameBytesMax = 100;

struct Token {
  std::string id;  ///< 12 hex digits
  std::string name;
  Scope scope = Scope::read;
  std::string sha256;      ///< of the whole token, hex
  std::string created_at;  ///< RFC 3339, UTC
  bool operator==(const Token&) const = default;
};

std::string tokens_path(const std::string& state_dir);

/// None when there is no file. Errors: unavailable when others than its owner may read or write the
/// file or it is somebody else's, io (also for a link, and for what is no list of tokens), limit.
Result<std::vector<Token>> read_tokens(const std::string& state_dir);

/// Errors: usage for a name that is empty, too long or taken; limit; io, disk_full.
struct NewToken {
  std::string name;
  Scope scope = Scope::read;
};
struct MadeToken {
  Token token;
  std::string secret;  ///< the token itself
};
Result<MadeToken> create_token(const std::string& state_dir, const NewToken& wanted,
                               const Clock& clock);
/// Errors: not_found, naming what there is; io, disk_full.
Result<void> revoke_token(const std::string& state_dir, const std::string& id);

/// What the daemon knows of the file.
class Tokens {
 public:
  explicit Tokens(std::string state_dir) : state_dir_(std::move(state_dir)) {}
  /// Whose token the value of an Authorization header holds; nothing when it is nobody's. A file
  /// that cannot be used lets nobody in, and is told to the log once.
  std::optional<Token> owner_of(std::string_view authorization);
  /// Whether there is a token of that id still.
  bool knows(std::string_view id);

 private:
  void look();

  std::string state_dir_;
  std::string seen_;     // what stat said of the file; "" : it has to be read
  std::string problem_;  // that was told last
  std::vector<Token> tokens_;
};

/// The commands `melisai-gate token ...`.
struct TokenRequest {
  std::string state_dir;  ///< absolute
  enum class What { create, list, revoke } what = What::list;
  NewToken wanted;
  std::string id;
  bool json = false;
};
/// What a person should know beside what is printed.
using Tell = std::function<void(const std::string& sentence)>;
/// Exit code 0. Of a new token nothing but the token is printed. Errors: as above; io when nothing
/// can be printed.
Result<int> tokens(const TokenRequest& request, const Clock& clock,
                   const std::function<bool(std::string_view)>& print, const Tell& tell);

}  // namespace melisai::api
