#pragma once

/// The instruction set that a file of kernels is compiled for. avx512.cpp, avx2.cpp and baseline.cpp define
/// LENET_SIMD, the namespace of their kernels, and LENET_SIMD_LANES, the floats in a register, and include
/// all.hpp. Functions from other headers keep the instructions that every x86-64-v2 machine has, since a
/// linker takes any file's copy of them; kernels call no template of the standard library, for the same
/// reason.

#define LENET_SIMD_INLINE [[gnu::always_inline]] inline
