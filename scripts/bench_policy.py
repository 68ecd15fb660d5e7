"""The other side of bench-policy: the same steps and samples with PyTorch and transformers, and the table of both."""

import json
import resource
import statistics
import subprocess
import sys
import time


def middle(values):
    return statistics.median(values)


def load(folder, device):
    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModelForCausalLM, Qwen3VLForConditionalGeneration

    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind = AutoConfig.from_pretrained(folder).model_type
    which = Qwen3VLForConditionalGeneration if kind == "qwen3_vl" else AutoModelForCausalLM
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    model = which.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa").to(device)
    inputs = load_file(f"{folder}/inputs.safetensors")
    return torch, model, {name: value.to(device) for name, value in inputs.items()}


def settle(torch, device):
    """Waits until the device has done what it was told."""
    if device != "cpu":
        torch.cuda.synchronize()


def pictures(torch, model, inputs, rows):
    """What shows the pictures of the first rows."""
    if "grids" not in inputs:
        return {}
    each = len(inputs["grids"]) // len(inputs["ids"])
    grids = inputs["grids"][: rows * each]
    count = int(grids.prod(dim=1).sum())
    return {"pixel_values": inputs["pixel_values"][:count], "image_grid_thw": grids}


def kinds(model, ids):
    image = getattr(model.config, "image_token_id", None)
    return {} if image is None else {"mm_token_type_ids": (ids == image).int()}


def train(folder, steps, device):
    torch, model, inputs = load(folder, device)
    ids, prompt = inputs["ids"], int(inputs["prompt"])
    keep = ids.shape[1] - prompt + 1
    targets = ids[:, prompt:]
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False, "logits_to_keep": keep}
    given |= kinds(model, ids) | pictures(torch, model, inputs, len(ids))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0, foreach=True)
    cpu, wall, first = [], [], None
    for step in range(steps + 1):
        start, clock = time.process_time(), time.perf_counter()
        logits = model(**given).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        settle(torch, device)
        if step == 0:
            first = loss.item()
        else:
            cpu.append(time.process_time() - start)
            wall.append(time.perf_counter() - clock)
    return {"loss": first, "tokens": ids.numel(), "cpu": middle(cpu), "wall": middle(wall)}


def sample(folder, tokens, device):
    torch, model, inputs = load(folder, device)
    model.eval()
    prompt = int(inputs["prompt"])
    ids = inputs["ids"][:1, :prompt]
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    given |= kinds(model, ids) | pictures(torch, model, inputs, 1)
    how = {"do_sample": True, "top_k": 0, "top_p": 1.0, "temperature": 1.0, "num_return_sequences": 8}
    how |= {"max_new_tokens": tokens, "min_new_tokens": tokens, "pad_token_id": 0}
    cpu, wall = [], []
    for round in range(4):
        start, clock = time.process_time(), time.perf_counter()
        with torch.no_grad():
            out = model.generate(**given, **how)
        settle(torch, device)
        if round > 0:
            cpu.append(time.process_time() - start)
            wall.append(time.perf_counter() - clock)
    drawn = (out.shape[1] - prompt) * out.shape[0]
    return {"tokens": drawn, "cpu": middle(cpu), "wall": middle(wall)}


def run(command):
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def table(program, folder, steps, tokens, device="cpu"):
    # A busy machine disturbs CPU seconds least; on a device only the clock says anything.
    clock, names = ("cpu", ("text", "pictures")) if device == "cpu" else ("wall", ("text",))
    side = [] if device == "cpu" else [device]
    unit = "CPU s" if device == "cpu" else "s"
    print(f"{'':24}{'tokens/' + unit:>14}{unit:>9}{'peak MiB':>10}   {'first loss':>10}")
    failed = False
    for job, amount in (("train", steps), ("sample", tokens)):
        for name in names:
            ours = run([program, job, folder, name, amount, *side])
            theirs = run([sys.executable, __file__, job, f"{folder}/{name}", amount, device])
            rates = []
            for who, result in (("galley", ours), ("torch", theirs)):
                rates.append(result["tokens"] / result[clock])
                loss = f"{result['loss']:.5f}" if "loss" in result else ""
                label = f"{job} {name}, {who}"
                print(f"{label:24}{rates[-1]:14.0f}{result[clock]:9.3f}{result['peak']:10.0f}   {loss:>10}")
            bar = 1.0 if job == "train" else 3.0
            verdict = "ok" if rates[0] >= bar * rates[1] else "BELOW"
            print(f"{'':24}{rates[0] / rates[1]:13.2f}x  (bar {bar:.0f}x: {verdict})")
            if "loss" in ours and abs(ours["loss"] - theirs["loss"]) > (1e-4 if device == "cpu" else 3e-2):
                print(f"the losses differ by {abs(ours['loss'] - theirs['loss']):.1e}: not the same computation")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] in ("train", "sample"):
        result = {"train": train, "sample": sample}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), sys.argv[4])
        result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result))
    else:
        sys.exit(table(*sys.argv[1:]))
