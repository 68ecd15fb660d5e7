"""Writes a tiny Llama in the official layout and as GGUF, with the reference's logits and greedy tokens.

    pip install torch transformers tokenizers safetensors gguf
    python make.py
"""

import json
import pathlib

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

here = pathlib.Path(__file__).parent
torch.manual_seed(1)

# A tokenizer of SmolLM2's kind, learnt from this file.
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
)
tokenizer.decoder = decoders.ByteLevel()
special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
trainer = trainers.BpeTrainer(
    vocab_size=320, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
)
tokenizer.train_from_iterator(pathlib.Path(__file__).read_text().splitlines(), trainer)
size = tokenizer.get_vocab_size()

config = LlamaConfig(
    vocab_size=size, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, head_dim=16, rms_norm_eps=1e-5, rope_theta=50000.0, max_position_embeddings=256,
    tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, initializer_range=0.2,
)
model = LlamaForCausalLM(config).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.uniform_(0.7, 1.3)

folder = here / "folder"
model.save_pretrained(folder)
tokenizer.save(str(folder / "tokenizer.json"))

# The same weights in GGUF: one kind of each family, query and key heads interleaved as the converters do.
state = {name: value.numpy() for name, value in model.state_dict().items()}
kind = gguf.GGMLQuantizationType


def interleaved(weight, heads):
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


writer = gguf.GGUFWriter(here / "tiny.gguf", "llama")
writer.add_block_count(2)
writer.add_context_length(256)
writer.add_embedding_length(64)
writer.add_feed_forward_length(96)
writer.add_head_count(4)
writer.add_head_count_kv(2)
writer.add_key_length(16)
writer.add_value_length(16)
writer.add_rope_freq_base(50000.0)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(size)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("smollm")
vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
writer.add_token_list([token for token, _ in vocabulary])
writer.add_token_types([3 if token in special else 1 for token, _ in vocabulary])
merges = json.loads(tokenizer.to_str())["model"]["merges"]
writer.add_token_merges([" ".join(merge) if isinstance(merge, list) else merge for merge in merges])
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)


def add(name, value, how):
    value = np.ascontiguousarray(value)
    if how == kind.F32:
        writer.add_tensor(name, value)
    else:
        writer.add_tensor(name, gguf.quants.quantize(value, how), raw_dtype=how)


add("token_embd.weight", state["model.embed_tokens.weight"], kind.Q8_0)
add("output_norm.weight", state["model.norm.weight"], kind.F32)
names = {
    "attn_norm": ("input_layernorm", kind.F32), "ffn_norm": ("post_attention_layernorm", kind.F32),
    "attn_q": ("self_attn.q_proj", kind.Q4_1), "attn_k": ("self_attn.k_proj", kind.Q4_0),
    "attn_v": ("self_attn.v_proj", kind.Q5_0), "attn_output": ("self_attn.o_proj", kind.Q5_1),
    "ffn_gate": ("mlp.gate_proj", kind.Q8_0), "ffn_up": ("mlp.up_proj", kind.F16),
    "ffn_down": ("mlp.down_proj", kind.BF16),
}
for layer in range(2):
    for short, (long, how) in names.items():
        value = state[f"model.layers.{layer}.{long}.weight"]
        if short in ("attn_q", "attn_k"):
            value = interleaved(value, 4 if short == "attn_q" else 2)
        add(f"blk.{layer}.{short}.weight", value, how)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

text = "special_tokens = 12 of 345, naïve ümläut <tokenizer>"
ids = torch.tensor([tokenizer.encode(text).ids])
read = AutoModelForCausalLM.from_pretrained(here, gguf_file="tiny.gguf", dtype=torch.float32).eval()
cases = {"ids": ids[0]}
with torch.no_grad():
    for name, each in (("folder", model), ("gguf", read)):
        cases[f"{name}.logits"] = each(ids).logits[0].float()
        new = each.generate(ids, do_sample=False, max_new_tokens=12, eos_token_id=None, pad_token_id=0)
        cases[f"{name}.greedy"] = new[0, ids.shape[1]:]
save_file({name: value.contiguous().clone() for name, value in cases.items()}, here / "cases.safetensors")
(here / "text.txt").write_text(text)
for left_over in ("generation_config.json",):
    (folder / left_over).unlink(missing_ok=True)
