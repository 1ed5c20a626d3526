#include "core/base/glob.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace melisai {
namespace {

enum class Piece {
  byte,
  any_byte,
  star,
  deep,
  maybe_folders,  // the next piece, or nothing
  folders         // any bytes up to a '/'
};

struct PathPiece {
  Piece piece;
  char byte = 0;  // only of Piece::byte
};

std::vector<PathPiece> pieces_of(std::string_view glob) {
  std::vector<PathPiece> pieces;
  for (std::size_t at = 0; at < glob.size();) {
    const std::string_view rest = glob.substr(at);
    const bool starts_folder = at == 0 || glob[at - 1] == '/';
    std::size_t length = 1;
    if (starts_folder && rest.starts_with("**/")) {
      length = 3;
      pieces.insert(pieces.end(), {{Piece::maybe_folders}, {Piece::folders}});
    } else if (rest.starts_with("**")) {
      length = 2;
      pieces.push_back({Piece::deep});
    } else if (rest.front() == '*') {
      pieces.push_back({Piece::star});
    } else if (rest.front() == '?') {
      pieces.push_back({Piece::any_byte});
    } else {
      pieces.push_back({Piece::byte, rest.front()});
    }
    at += length;
  }
  if (glob.ends_with('/')) pieces.push_back({Piece::deep});
  return pieces;
}

// A state of a pattern is the number of its pieces that are done. All that are possible are
// followed at once, so that no pattern makes this go back.
using States = std::vector<bool>;

/// Adds what is reached without a byte.
void skip_empty(const std::vector<PathPiece>& pieces, States& states) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece piece = pieces[i].piece;
    if (!states[i]) continue;
    if (piece == Piece::star || piece == Piece::deep) states[i + 1] = true;
    if (piece == Piece::maybe_folders) states[i + 1] = states[i + 2] = true;
  }
}

bool takes(const PathPiece& piece, char byte) {  // and is done
  switch (piece.piece) {
    case Piece::byte: return byte == piece.byte;
    case Piece::any_byte: return byte != '/';
    case Piece::folders: return byte == '/';
    default: return false;
  }
}

bool stays_at(const PathPiece& piece, char byte) {
  if (piece.piece == Piece::star) return byte != '/';
  return piece.piece == Piece::deep || piece.piece == Piece::folders;
}

}  // namespace

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

bool matches_path_glob(std::string_view glob, std::string_view path) {
  const std::vector<PathPiece> pieces = pieces_of(glob);
  States states(pieces.size() + 1, false);
  states[0] = true;
  skip_empty(pieces, states);
  for (const char byte : path) {
    States next(states.size(), false);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (!states[i]) continue;
      if (stays_at(pieces[i], byte)) next[i] = true;
      if (takes(pieces[i], byte)) next[i + 1] = true;
    }
    skip_empty(pieces, next);
    states = std::move(next);
  }
  return states.back();
}

}  // namespace melisai
