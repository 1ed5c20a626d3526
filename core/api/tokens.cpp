#include "core/api/tokens.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/api/tokens_crypto.h"
#include "core/base/file_lock.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr Bytes kFileBytesMax = 1 << 20;
constexpr std::size_t kIdBytes = 6;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretLetters = 43;
constexpr std::string_view kPrefix = "mgt_";
constexpr std::string_view kScheme = "bearer ";

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned waiting = 0;
  int bits = 0;
  for (const unsigned char byte : bytes) {
    waiting = (waiting << 8) | byte;
    for (bits += 8; bits >= 6; bits -= 6) text += kLetters[(waiting >> (bits - 6)) & 63];
  }
  if (bits > 0) text += kLetters[(waiting << (6 - bits)) & 63];
  return text;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Error damaged(const std::string& path) {
  return {Errc::io, path + " is no list of tokens; restore it, or remove it and make new tokens"};
}

Result<Token> token_of(const Json& json, const std::string& path) {
  const auto text = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  if (!json.is_object()) return damaged(path);
  Token token{.id = text("id"),
              .name = text("name"),
              .sha256 = text("sha256"),
              .created_at = text("created_at")};
  const std::optional<Scope> scope = scope_named(text("scope"));
  if (!scope || !is_hex(token.id, 2 * kIdBytes) || !is_hex(token.sha256, 64)) return damaged(path);
  token.scope = *scope;
  return token;
}

/// "user 998; run this as that user (sudo -u '#998')".
std::string as_user(uid_t user) {
  const std::string number = std::to_string(user);
  return "user " + number + "; run this as that user (sudo -u '#" + number + "')";
}

/// The daemon believes no file of another user, nor may root keep its own user from writing there.
Result<void> check_user(const std::string& state_dir) {
  struct stat status {};
  const std::string queue = state_dir + "/queue.db";
  if (stat(queue.c_str(), &status) != 0 || status.st_uid == geteuid()) return {};
  return Error{Errc::usage, "the daemon of " + state_dir + " is " + as_user(status.st_uid)};
}

/// Whoever can read it could try to guess, and whoever can write it could make tokens. Nothing when
/// there is none.
Result<void> check_owner(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISREG(status.st_mode)) return Error{Errc::io, path + " is no regular file; remove it"};
  if (status.st_uid != geteuid())
    return Error{Errc::unavailable, path + " belongs to " + as_user(status.st_uid) +
                                        ", or remove it when none of its tokens is wanted"};
  if ((status.st_mode & 077) != 0)
    return Error{Errc::unavailable, path +
                                        " may be read or written by others; revoke what it holds "
                                        "or `chmod 600` it"};
  return {};
}

Result<void> write_tokens(const std::string& state_dir, const std::vector<Token>& tokens) {
  Json all = Json::array();
  for (const Token& token : tokens)
    all.push_back({{"id", token.id},
                   {"name", token.name},
                   {"scope", to_string(token.scope)},
                   {"sha256", token.sha256},
                   {"created_at", token.created_at}});
  const Json file{{"schema_version", 1}, {"tokens", all}};
  return write_file(tokens_path(state_dir),
                    file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n",
                    {.private_mode = true});
}

Result<FileLock> writer_lock(const std::string& state_dir) {
  MELISAI_CHECK(check_user(state_dir));
  MELISAI_CHECK(make_directories(state_dir, {.private_mode = true}));
  MELISAI_TRY(std::optional<FileLock> lock, FileLock::take(tokens_path(state_dir) + ".lock"));
  if (!lock) return Error{Errc::limit, "another command is changing the tokens; try again"};
  return *std::move(lock);
}

Result<void> check_name(const std::string& name, const std::vector<Token>& tokens) {
  if (name.empty() || name.size() > kTokenNameBytesMax || printable(name) != name)
    return Error{Errc::usage, "the name of a token has 1 to " + std::to_string(kTokenNameBytesMax) +
                                  " bytes and no control characters"};
  for (const Token& token : tokens)
    if (token.name == name)
      return Error{Errc::usage, "there is a token " + in_quotes(name) + " already; revoke " +
                                    token.id + " first, or take another name"};
  return {};
}

/// What stat says, so that a file which was replaced, also within one second, is seen.
std::string look_of(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return "none";
  std::string look;
  for (const auto number :
       {static_cast<long long>(status.st_dev), static_cast<long long>(status.st_ino),
        static_cast<long long>(status.st_size), static_cast<long long>(status.st_mode),
        static_cast<long long>(status.st_uid), static_cast<long long>(status.st_mtim.tv_sec),
        static_cast<long long>(status.st_mtim.tv_nsec),
        static_cast<long long>(status.st_ctim.tv_sec),
        static_cast<long long>(status.st_ctim.tv_nsec)})
    look += std::to_string(number) + " ";
  return look;
}

/// The token of "Bearer TOKEN"; "" when it is none of ours by its shape.
std::string_view bearer_of(std::string_view authorization) {
  if (authorization.size() < kScheme.size()) return "";
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != kScheme[i]) return "";
  }
  const std::string_view token = authorization.substr(kScheme.size());
  const std::size_t size = kPrefix.size() + 2 * kIdBytes + 1 + kSecretLetters;
  return token.size() == size && token.starts_with(kPrefix) ? token : "";
}

}  // namespace

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::none: return "none";
    case Scope::read: return "read";
    case Scope::trigger: return "trigger";
    case Scope::admin: return "admin";
  }
  return "";
}

std::optional<Scope> scope_named(std::string_view name) {
  for (const Scope scope : {Scope::read, Scope::trigger, Scope::admin})
    if (to_string(scope) == name) return scope;
  return std::nullopt;
}

std::string tokens_path(const std::string& state_dir) { return state_dir + "/tokens.json"; }

Result<std::vector<Token>> read_tokens(const std::string& state_dir) {
  const std::string path = tokens_path(state_dir);
  MELISAI_CHECK(check_owner(path));
  const Result<std::string> text = read_file(path, kFileBytesMax);
  if (!text && text.error().code == Errc::not_found) return std::vector<Token>();
  if (!text) return text.error();
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("tokens") || !json["tokens"].is_array())
    return damaged(path);
  if (json["tokens"].size() > kTokensMax)
    return Error{Errc::limit, path + " holds more than " + std::to_string(kTokensMax) + " tokens"};
  std::vector<Token> tokens;
  for (const Json& entry : json["tokens"]) {
    MELISAI_TRY(Token token, token_of(entry, path));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Result<MadeToken> create_token(const std::string& state_dir, const NewToken& wanted,
                               const Clock& clock) {
  MELISAI_TRY(const FileLock lock, writer_lock(state_dir));
  MELISAI_TRY(std::vector<Token> tokens, read_tokens(state_dir));
  MELISAI_CHECK(check_name(wanted.name, tokens));
  if (tokens.size() >= kTokensMax)
    return Error{Errc::limit, "there are " + std::to_string(kTokensMax) +
                                  " tokens, and more are not kept; revoke some"};
  MELISAI_TRY(const std::string id, secret_bytes(kIdBytes));
  MELISAI_TRY(const std::string secret, secret_bytes(kSecretBytes));
  MadeToken made{.token = {.id = hex(id),
                           .name = wanted.name,
                           .scope = wanted.scope,
                           .created_at = utc_time(clock.now())}};
  made.secret = std::string(kPrefix) + made.token.id + "_" + base64url(secret);
  MELISAI_TRY(made.token.sha256, sha256_hex(made.secret));
  tokens.push_back(made.token);
  MELISAI_CHECK(write_tokens(state_dir, tokens));
  return made;
}

Result<void> revoke_token(const std::string& state_dir, const std::string& id) {
  MELISAI_TRY(const FileLock lock, writer_lock(state_dir));
  MELISAI_TRY(std::vector<Token> tokens, read_tokens(state_dir));
  const std::size_t before = tokens.size();
  std::erase_if(tokens, [&](const Token& token) { return token.id == id; });
  if (tokens.size() == before)
    return Error{Errc::not_found,
                 "there is no token " + in_quotes(id) + "; `melisai-gate token list` shows them"};
  return write_tokens(state_dir, tokens);
}

std::optional<Token> Tokens::owner_of(std::string_view authorization) {
  const std::string_view bearer = bearer_of(authorization);
  if (bearer.empty()) return std::nullopt;
  look();
  const Result<std::string> sha256 = sha256_hex(bearer);
  if (!sha256) {
    log_error(sha256.error().message);
    return std::nullopt;
  }
  for (const Token& token : tokens_)
    if (same_secret(token.sha256, *sha256)) return token;
  return std::nullopt;
}

bool Tokens::knows(std::string_view id) {
  look();
  return std::any_of(tokens_.begin(), tokens_.end(),
                     [&](const Token& token) { return token.id == id; });
}

void Tokens::look() {
  std::string now = look_of(tokens_path(state_dir_));
  if (now == seen_) return;
  seen_ = std::move(now);
  Result<std::vector<Token>> read = read_tokens(state_dir_);
  const std::string problem = read ? "" : read.error().message;
  tokens_ = read ? *std::move(read) : std::vector<Token>();
  // What went wrong may be over although the file is the same.
  if (!problem.empty()) seen_.clear();
  if (!problem.empty() && problem != problem_) log_error("nobody is let in by a token: " + problem);
  problem_ = problem;
}

}  // namespace melisai::api
