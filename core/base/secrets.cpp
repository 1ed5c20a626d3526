#include "core/base/secrets.h"

#include <memory>
#include <mutex>
#include <vector>

#include "core/base/files.h"
#include "core/base/masker.h"
#include "core/base/secret_forms.h"
#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::string_view kReference = "${secret:";

struct Kept {
  std::map<std::string, std::string> secrets;
  bool for_stages = false;
  std::string block;
  MaskPatterns patterns;
};

std::mutex& mutex() {
  static std::mutex one;
  return one;
}

std::shared_ptr<const Kept>& slot() {
  static std::shared_ptr<const Kept> kept;
  return kept;
}

std::shared_ptr<const Kept> kept_now() {
  const std::scoped_lock lock(mutex());
  return slot();
}

/// What the masker gives out after it has taken `before` bytes.
std::string masked_behind(std::string_view text, std::size_t before, const MaskPatterns& patterns) {
  std::string out;
  MaskStream stream;
  const auto append = [](void* to, const char* data, std::size_t size) {
    static_cast<std::string*>(to)->append(data, size);
  };
  if (!stream.open(patterns, append, &out)) return "***";
  stream.write(text.data(), before);
  out.clear();
  stream.write(text.data() + before, text.size() - before);
  stream.finish();
  return out;
}

}  // namespace

Result<void> keep_secrets(const std::map<std::string, std::string>& secrets, bool for_stages) {
  auto kept = std::make_shared<Kept>();
  kept->secrets = secrets;
  kept->for_stages = for_stages;
  std::vector<std::string> patterns;
  for (const auto& [name, value] : secrets)
    for (std::string& form : forms_of(value)) patterns.push_back(std::move(form));
  kept->block = mask_block(patterns);
  if (!kept->patterns.open(kept->block.data(), kept->block.size()))
    return Error{Errc::limit,
                 "the secrets are too long to be masked: with all their forms more "
                 "than " +
                     format_bytes(kMaskBlockMax)};
  const std::scoped_lock lock(mutex());
  slot() = secrets.empty() ? nullptr : std::shared_ptr<const Kept>(std::move(kept));
  return {};
}

std::string masked(std::string text) {
  const std::shared_ptr<const Kept> kept = kept_now();
  if (kept == nullptr || text.size() < kMaskPatternMin) return text;
  return masked_behind(text, 0, kept->patterns);
}

std::string masked_end(const std::string& path, Bytes bytes_max) {
  const std::shared_ptr<const Kept> kept = kept_now();
  if (kept == nullptr) return file_end(path, bytes_max);
  // Of what the masker is given, it can hold back as much as the longest secret, and as much can be
  // the rest of a secret that has begun before.
  const std::size_t before = 2 * kept->patterns.longest();
  const std::string end = file_end(path, bytes_max + before);
  const bool is_cut = end.size() == bytes_max + before;
  std::string text = masked_behind(end, is_cut ? before : 0, kept->patterns);
  if (text.size() > bytes_max) text.erase(0, text.size() - bytes_max);
  return text;
}

std::string kept_mask_block() {
  const std::shared_ptr<const Kept> kept = kept_now();
  return kept == nullptr ? "" : kept->block;
}

Result<std::string> put_secrets(std::string_view text) {
  const std::shared_ptr<const Kept> kept = kept_now();
  std::string out;
  while (!text.empty()) {
    const std::size_t start = std::min(text.find(kReference), text.size());
    out += text.substr(0, start);
    text.remove_prefix(start);
    if (text.empty()) break;
    const std::size_t end = text.find('}');
    const std::string name(text.substr(0, end).substr(kReference.size()));
    if (kept != nullptr && !kept->for_stages)
      return Error{Errc::config,
                   "it needs secret " + in_quotes(name) + ", which no run gets that nobody trusts"};
    if (end == std::string_view::npos || kept == nullptr || !kept->secrets.contains(name))
      return Error{Errc::config, "there is no secret " + in_quotes(name) + " for this run"};
    out += kept->secrets.at(name);
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace melisai
