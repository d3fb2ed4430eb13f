#!/bin/sh
# Stands in for each program that gpu_check.py starts, under its name, on a machine that seems to have two GPUs: so
# that what gpu_check.py makes of a GPU's results is tested where there is none. A shell script, because a check starts
# hundreds of programs.
#
# FAKE_LOG names a file that gets a line per call. A call whose line holds FAKE_HANG never ends, one with FAKE_FAIL
# fails. FAKE_DATA is "there" (the default), "fetchable", "none" or "other" (than MNIST); FAKE_TORCH is PyTorch's version.
name=${0##*/}
line="$name $*"
command=${1:-}
if [ -n "${FAKE_LOG:-}" ]; then echo "$$ $line" >>"$FAKE_LOG"; fi
has() { case " $line " in *" $1 "*) ;; *) return 1 ;; esac }
fail() { echo "$1" >&2; exit 1; }

[ -z "${LENET_BATCH:-}" ] || fail "the user's options change what is measured"
case $line in *"${FAKE_HANG:-a call that never happens}"*) exec sleep 60 ;; esac
case $line in *"${FAKE_FAIL:-a call that never happens}"*) fail "it failed" ;; esac

# Options that have a value, as variables.
model='' precision='' device='' out='' tool='' way='' optimizer='' layout=''
while [ $# -gt 0 ]; do
  case $1 in
    --model | --precision | --device | --out | --tool | --way | --optimizer | --layout)
      eval "${1#--}=\$2" ;;
  esac
  shift
done

figures() {  # milliseconds per step, further fields
  cat <<JSON
{"model": "$model", "batch": 50, "precision": "$precision", "median_step_ms": $1, "p10_step_ms": $1, "p90_step_ms": $1,
 "inference_images_per_second": 1e6, "peak_memory_mib": 100, $2}
JSON
}

case $name in
  nvidia-smi) printf 'NVIDIA Fak, 1\nNVIDIA Fake, 580.1\n' ;;
  lenet_train)
    if has --list-devices; then
      echo 'cpu      a CPU'
      for i in 0 1; do echo "cuda:$i   NVIDIA Fake, 80 GiB, compute capability 9.0"; done
    elif has --version; then
      echo 'lenet 0.1.0 (0123456789ab)'
    else
      mkdir "$out" || exit 1
      # A defect for the check to find: without a CUDA graph, bf16 gives other bits.
      if [ "$precision" = bf16 ] && has --no-cuda-graph; then echo other; else echo weights; fi >"$out/best.bin"
    fi ;;
  lenet_eval) echo '{"accuracy": 0.992}' ;;
  lenet_bench)
    case $device in cuda:0 | cuda) [ "$CUDA_VISIBLE_DEVICES" = 1 ] ;; *) false ;; esac || fail "another device"
    if has --no-deterministic; then
      deterministic=false step=0.0784 engine=eng0
    else
      deterministic=true step=0.08 engine=eng7
    fi
    if has --steps-per-launch; then step=0.0808; fi
    if has --fork-steps; then step=0.09; fi
    histograms=12
    if has --histograms-on-device; then histograms=3; fi
    case $line in *"--fused head"*) step=0.088 ;; *"--fused steps"*) step=0.0404 ;; esac
    conv='"layer": "conv2", "product": "forward", "workspace_bytes": 4096'
    dense='"layer": "fc1", "product": "weight gradient", "workspace_bytes": 0'
    figures $step "\"deterministic\": $deterministic, \"histograms_ms\": $histograms,
      \"first_step_seconds\": 1, \"ready_seconds\": 1.5,
      \"device_memory_mib\": 200, \"layers\": [{$conv, \"chosen\": \"cuDNN $engine\"},
      {$dense, \"chosen\": \"cuBLASLt algorithm 66\"}]" ;;
  lenet_data)
    fetched=${FAKE_LOG:-}.fetched
    case $command-${FAKE_DATA:-there} in
      fetch-fetchable) touch "$fetched" ;;
      synthesize-*) mkdir "$out" ;;
      verify-other) exit 1 ;;
      verify-*) ;;
      fetch-* | info-none) fail "lenet_data: $command: there is no network" ;;
      info-fetchable) [ -e "$fetched" ] || fail "lenet_data: no MNIST" ; echo /folder ;;
      *) echo /folder ;;
    esac ;;
  kernel_bench)
    kernel='"kernel": "launch_adam", "where": "all", "elements": "float", "cold_us": 20, "replayed_us": 18,
      "bytes": 1000, "gb_per_second": 50'
    if has --once; then
      echo '2 kernels ran'
    else
      echo "{\"peak_gb_per_second\": 0, \"timing_us\": 1, \"kernels\": [{$kernel, \"share_of_peak\": 0},
        {$kernel, \"share_of_peak\": 0.5}]}"
    fi ;;
  compute-sanitizer)
    wrong=0
    if [ "$tool" = initcheck ] && ! has kernel_substring=lenet; then  # errors of NVIDIA's kernels
      wrong=1
      cat <<'TEXT'
========= COMPUTE-SANITIZER
========= Uninitialized __global__ memory read of size 4 bytes
=========     at 0x150 in void cudnn::engine<float>(float const *)
=========     Saved host backtrace up to driver entry point at kernel launch time
=========         Host Frame: lenet::cuda::CudaProgram::train_step
=========
TEXT
    elif [ "$tool" = initcheck ] && has '--batch 7'; then
      wrong=1
    fi
    echo "========= ERROR SUMMARY: $wrong errors"
    [ $wrong = 0 ] || exit 99 ;;
  python)  # with PyTorch: compiling fails; a CUDA graph with the fused optimizer is the fastest form
    if [ "$command" = -c ]; then echo "${FAKE_TORCH:-2.0}"; exit; fi
    step=0.8
    case $way in compile) fail "no compiler" ;; graph) step=0.4 ;; esac
    if [ "$way $optimizer" = "graph fused" ]; then step=0.32; fi
    if [ "$layout" = contiguous ]; then step=0.9; fi
    if [ "$precision" = bf16 ]; then step=0.1; fi
    figures $step "\"program\": \"PyTorch 2\", \"settings\": {\"autocast\": \"off\", \"cudnn.benchmark\": false}" ;;
  test_*)
    if has --list-test-names-only; then
      case $name in
        test_layers) printf 'second, and last\nevery kind of layer is right - ReLU\nthe three models are right\n' ;;
        test_cuda_program) printf 'second\na few steps in each precision stay finite\n' ;;
        test_cuda) printf 'first, and more\nsecond\nthird\n' ;;
        *) echo 'times every kernel' ;;
      esac
    elif [ "${LENET_TEST_DEVICE:-}" != cuda:0 ]; then
      echo 'LENET_SKIPPED: this machine has no GPU'
    elif [ "$command" = third ]; then
      echo 'LENET_SKIPPED: cuDNN is too old'
    else
      echo 'All tests passed'
    fi ;;
  *) fail "$name: no such program" ;;
esac
