#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "engine/io/checkpoint.hpp"

/// The texts in the header of a checkpoint; engine/io/checkpoint.cpp adds the digest.
namespace lenet::io {

using Metadata = std::map<std::string, std::string>;

inline const std::string kDigestKey = "digest";
inline const std::string kOldDigestKey = "sha256";  ///< in files of earlier versions, of the arrays alone

Metadata metadata_of(const Checkpoint& checkpoint);

/// Parse the texts again. `file` is used only in errors. Throw CheckpointError for a key that is missing or
/// malformed.
CheckpointInfo info_of(const Metadata& metadata, const std::filesystem::path& file);
RunState state_of(const Metadata& metadata, const std::filesystem::path& file);
std::map<std::string, std::string> settings_of(const Metadata& metadata);

/// Returns the number of moments, or nullopt if the checkpoint holds weights alone.
std::optional<std::int64_t> moments_of(const Metadata& metadata, const std::filesystem::path& file);

/// Returns the text of a key. Throws CheckpointError if it is missing.
const std::string& text_of(const Metadata& metadata, const std::string& key,
                           const std::filesystem::path& file);

}  // namespace lenet::io
