#pragma once

#include <cuda_bf16.h>

namespace lenet::kernels {

using bf16 = __nv_bfloat16;

}  // namespace lenet::kernels
